// SPDX-License-Identifier: BSD-2-Clause
// Answers from history are what the OpenAPI document says. Needs a daemon with some: FLOWBPF_URL.
import { answers } from "./documented.mjs";
import { check, finish } from "./raw.mjs";

const past = "source=history";
const whole = (await answers(`/api/v1/flows?${past}&limit=1000`)).json;
check("there is a history", whole.items.length > 0 && whole.search.done, whole.page);
for (const query of [
	"since=-2h&until=-1s&sort=-bytes,src.ip&limit=3&offset=1",
	"live=closed&scope=all&q=10&ip=10.0.0.0/8&wait=300ms&search=mine",
	"group_by=src.ip&sort=-flows",
	"group_by=src.ip,dst.port&fields=key,flows,bytes.up,hosts",
	"fields=id,bytes,nat.src,tls.alpn,duration_ms,idle_ms",
])
	await answers(`/api/v1/flows?${past}&${query}`);
await answers("/api/v1/flows?at=-1s");
for (const path of [
	"aggregate/{dimension}",
	"matrix/{rows}/{columns}",
	"sankey",
	"hosts",
	"hosts/{ip}",
	"export.json",
	"export.csv",
	"export.ndjson",
]) {
	const target = path
		.replace("{dimension}", "source-ip")
		.replace("{rows}", "source-ip")
		.replace("{columns}", "ports")
		.replace("{ip}", whole.items[0].src.ip);
	await answers(`/api/v1/${target}?${past}`, { path: `/api/v1/${path}` });
}
await answers(`/api/v1/flows/${whole.items[0].id}?${past}&since=-2h`, {
	path: "/api/v1/flows/{id}",
});
await answers("/api/v1/searches");
for (const query of ["at=nonsense", "wait=1h", "offset=1000000", "sort=-rate_bps", "filter=pps>1"])
	await answers(`/api/v1/flows?${past}&${query}`, { status: 400 });
await answers(`/api/v1/flows?${past}&search=${"x".repeat(33)}`, { status: 400 });
await answers("/api/v1/flows?at=-1h&source=live", { status: 400 });
await answers(`/api/v1/export.csv?${past}&at=-1h`, { status: 400 });
finish();
