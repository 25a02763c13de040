// SPDX-License-Identifier: BSD-2-Clause
// The paths and shapes of other dashboards: each is documented, and its numbers add up. Needs a
// daemon under traffic: FLOWBPF_URL.
import { answers } from "./documented.mjs";
import { check, finish, request } from "./raw.mjs";

// one that lasts: its state may change under the questions
const flow = (await request("/api/v1/flows?limit=1000")).json.items
	.filter((one) => one.state === "ESTABLISHED")
	.sort((a, b) => b.duration_ms - a.duration_ms)[0];
check("a download that lasts is there", flow);
for (const path of [
	"/api/connections",
	"/api/summary",
	"/api/aggregate/protocol",
	"/api/aggregate/state",
	"/api/aggregate/source-ip",
	"/api/aggregate/destination-ip",
	"/api/aggregate/ports",
	"/api/group/protocol-state",
	"/api/network-stats",
	"/api/status",
	"/api/history",
])
	await answers(path);
const stats = (await answers("/api/network-stats")).json;
check(
	"network-stats knows all interfaces, their MTU and that they are up",
	["lan", "lo", "wan"].every((name) => stats.interfaces.some((one) => one.name === name)) &&
		stats.interfaces.every(
			(one) => one.mtu === (one.name === "lo" ? 65536 : 1500) && one.is_up,
		),
	JSON.stringify(stats.interfaces),
);
check(
	"... and adds them up",
	stats.interfaces.reduce((sum, one) => sum + one.bytes_sent, 0) === stats.total_bytes_sent,
);
check(
	"what has no ports is no socket of datagrams",
	stats.connections.every((one) => one.type !== "SOCK_DGRAM" || !/:0$/.test(one.local_address)),
);
const port = (await answers("/api/aggregate/ports?port_type=sport&top_n=2")).json.data;
check(
	"top ports are by count",
	port.length <= 2 && port.every((item, i) => i === 0 || port[i - 1].count >= item.count),
);
for (const id of ["0", flow.iface]) {
	await answers(`/api/firewall-connections/${id}`, { path: "/api/firewall-connections/{id}" });
	await answers(`/api/connections/${id}`, { path: "/api/connections/{id}" });
	await answers(`/api/connection-count/${id}`, { path: "/api/connection-count/{id}" });
}
for (const query of [
	`protocol=${flow.proto}`,
	`ip=${flow.src.ip}`,
	flow.dst.port ? `port=${flow.dst.port}` : "port=",
	`status=${flow.state ?? "ESTABLISHED"}`,
	`filter=proto%3D${flow.proto}`,
]) {
	const res = await answers(`/api/connections?live=both&${query}`);
	check(
		`connections?${query} has the flow`,
		res.json.data.some((one) => one.id === flow.id) && res.json.count === res.json.data.length,
	);
}
await answers("/api/connections?protocol=nonsense", { status: 400 });
await answers("/api/connections?nonsense=1", { status: 400 });
const all = (await request("/api/connections")).json;
check("connections counts its data", all.count === all.data.length);
const fw = (await request("/api/connections/0")).json.data;
check(
	"upload adds up",
	fw.connections.reduce((sum, one) => sum + one.upload_bytes, 0) === fw.total_upload &&
		Object.values(fw.grouped).reduce((sum, one) => sum + one.upload, 0) === fw.total_upload,
);
check(
	"groups count all",
	Object.values(fw.grouped).reduce((sum, one) => sum + one.connections, 0) === fw.total_count,
);
await answers("/api/firewall-connections/nonsense", {
	path: "/api/firewall-connections/{id}",
	status: 404,
});
await answers("/api/connections", { method: "DELETE", status: 428, body: {} });
await answers("/api/connections/0000000000000001", {
	path: "/api/connections/{id}",
	method: "DELETE",
	status: 404,
});
finish();
