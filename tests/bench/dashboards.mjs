// SPDX-License-Identifier: BSD-2-Clause
// Open dashboards: N event streams with the views that people have open, read and thrown away.
// dashboards.mjs URL N SECONDS: prints what came in, once a second has passed since all are open.
import http from "node:http";

const [url, count, seconds] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const flows = {
	columns: [
		"src.ip",
		"src.host",
		"dst.ip",
		"dst.host",
		"proto",
		"service",
		"state",
		"bytes.up",
		"bytes.down",
		"rate_bps",
		"duration_ms",
	],
	sort: "-rate_bps",
	limit: 100,
};
const groups = {
	columns: [
		"key",
		"flows",
		"bytes.up",
		"bytes.down",
		"rate_bps.up",
		"rate_bps.down",
		"services",
		"hosts",
	],
	sort: "-bytes",
	limit: 100,
};
// who has what open: of 50, most look at the overview or at the flows as they come up first
const mix = [
	[14, null],
	[14, flows],
	[7, { ...groups, group_by: "src.ip" }],
	[4, { ...flows, sort: "-bytes" }],
	[4, { ...flows, filter: "dst.port=443 and proto=udp" }],
	[3, { ...flows, filter: "src.ip=10.20.1.0/24", sort: "-last_seen" }],
	[2, { ...flows, hold: true }],
	[1, { ...groups, group_by: "service" }],
	[1, { ...flows, q: "10.20.3" }],
];
const views = mix.flatMap(([n, view]) => Array(n).fill(view));
let bytes = 0,
	rows = 0,
	summaries = 0,
	open = 0;

function dashboard(view) {
	const query = view ? `?view=${encodeURIComponent(JSON.stringify(view))}` : "";
	http.get(`${url}/api/v1/stream${query}`, { agent: false }, (res) => {
		if (res.statusCode !== 200) throw new Error(`status ${res.statusCode}`);
		open++;
		res.on("data", (data) => {
			bytes += data.length;
			rows += data.includes("event: rows") ? 1 : 0;
			summaries += data.includes("event: summary") ? 1 : 0;
		});
	});
}
for (let i = 0; i < count; i++) dashboard(views[i % views.length]);
await new Promise((resolve) => setTimeout(resolve, 2000));
if (open !== count) throw new Error(`${open} of ${count} streams are open`);
bytes = rows = summaries = 0;
console.log("open");
await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
console.log(
	JSON.stringify({
		kB_per_s: Math.round(bytes / seconds / 1000),
		summaries: summaries / seconds / count,
		rows: rows / seconds,
	}),
);
process.exit(0);
