// SPDX-License-Identifier: BSD-2-Clause
// Every route of the table is in the OpenAPI document, with the parameters it knows, and every
// answer of a running daemon is what the document says. Needs a daemon: FLOWBPF_URL.
import fs from "node:fs";
import zlib from "node:zlib";
import { answers, doc, resolve } from "./documented.mjs";
import { check, finish, quickest, within, request, tables } from "./raw.mjs";
import { validate } from "./schema.mjs";

const root = new URL("../../", import.meta.url);
check(
	"the document is served as it was built",
	JSON.stringify(doc) ===
		JSON.stringify(
			JSON.parse(fs.readFileSync(new URL(`${process.env.O ?? "build"}/openapi.json`, root))),
		),
);

// --- the tables and the document ---
const source = tables();
const which = /#define WHICH "([^"]*)"/.exec(source)[1];
const sets = { WHICH: which, PAST: which + /#define PAST WHICH "([^"]*)"/.exec(source)[1] };
const routes = [
	...source.matchAll(
		/\{"([A-Z]+)",\s*"([^"]+)",\s*\w+,\s*\w+,\s*([\w\s|]+),\s*(NULL|WHICH|PAST)?\s*(?:"([^"]*)")?\s*\}/g,
	),
].map(([, method, path, , first, more]) => ({
	method: method.toLowerCase(),
	path,
	params: `${sets[first] ?? ""}${more ?? ""}`.split(" ").filter(Boolean).sort(),
}));
check(
	"the tables were read",
	routes.length > 30 && routes.length === source.match(/^\t\{"/gm).length,
	routes.length,
);
for (const { method, path, params } of routes) {
	const operation = doc.paths[path]?.[method];
	check(`${method} ${path} is documented`, operation);
	if (!operation) continue;
	const documented = [...(operation.parameters ?? []), ...(doc.paths[path].parameters ?? [])]
		.map(resolve)
		.filter((parameter) => parameter.in === "query")
		.map((parameter) => parameter.name)
		.sort();
	check(
		`${method} ${path} has its parameters`,
		JSON.stringify(documented) === JSON.stringify(params),
		`${documented} is not ${params}`,
	);
}
for (const [path, item] of Object.entries(doc.paths))
	for (const method of Object.keys(item).filter((key) => key !== "parameters"))
		check(
			`${method} ${path} exists`,
			routes.some((route) => route.path === path && route.method === method),
		);

// --- the answers ---
const list = await answers("/api/v1/flows?live=both&limit=1000");
const flows = list.json?.items ?? [];
check("there are flows to look at", flows.length > 0);
// one that lasts: what others are found by, their state above all, may change under the questions
const flow = flows
	.filter((one) => one.state === "ESTABLISHED")
	.sort((a, b) => b.duration_ms - a.duration_ms)[0];
check("a download that lasts is among them", flow);
await answers(`/api/v1/flows/${flow.id}`, { path: "/api/v1/flows/{id}" });
await answers("/api/v1/flows/0000000000000001", { path: "/api/v1/flows/{id}", status: 404 });
await answers("/api/v1/flows/zz", { path: "/api/v1/flows/{id}", status: 404 });
await answers("/api/v1/flows/0000000000000001", {
	path: "/api/v1/flows/{id}",
	method: "DELETE",
	status: 404,
});
const fields = (await answers("/api/v1/fields")).json.items;
for (const field of fields) {
	const flat = await answers(`/api/v1/flows?live=both&fields=id,${field.name}`);
	check(
		`fields=${field.name} gives it`,
		flat.json?.items?.every((item) => Object.hasOwn(item, field.name)),
	);
	if (field.sortable)
		for (const sign of ["", "-"])
			await answers(`/api/v1/flows?live=both&sort=${sign}${field.name}&limit=5`);
	else await answers(`/api/v1/flows?sort=${field.name}`, { status: 400 });
	if (!field.group) {
		await answers(`/api/v1/flows?group_by=${field.name}`, { status: 400 });
		continue;
	}
	const groups = await answers(`/api/v1/flows?live=both&group_by=${field.name}&limit=1000`);
	const columns = `group_by=${field.name}&fields=key,flows,bytes.up`;
	const chosen = await answers(`/api/v1/flows?live=both&${columns}`);
	const keys = (item) => Object.keys(item).join();
	check(
		`groups by ${field.name} have the columns that are asked for`,
		chosen.json?.items?.every((item) => keys(item) === "key,flows,bytes.up" && item.flows > 0),
	);
	const sum = (groups.json?.items ?? []).reduce((all, group) => all + group.flows, 0);
	const whole = groups.json.items.length < 1000; /* else this is the first page of more */
	check(
		`groups by ${field.name} add up`,
		whole ? sum === groups.json.totals.flows : sum < groups.json.totals.flows,
		`${sum} of ${groups.json.totals.flows}`,
	);
	check(
		`groups by ${field.name} hold no key twice`,
		new Set(groups.json.items.map((group) => group.key)).size === groups.json.items.length,
	);
}
for (const sort of ["key", "-flows", "-bytes.down", "-rate_bps", "first_seen", "-hosts"])
	await answers(`/api/v1/flows?live=both&group_by=src.ip&sort=${sort}`);
{
	const by = "live=both&group_by=src.ip,proto&sort=-flows&limit=1000";
	const pairs = (await answers(`/api/v1/flows?${by}`)).json;
	const one = pairs.items[0];
	const pair = `src.ip%3D${one.keys[0]}%20and%20proto%3D${one.keys[1]}`;
	const own = (await request(`/api/v1/flows?live=both&limit=1&filter=${pair}`)).json.page.matched;
	check(
		"groups within groups: each pair once, with its flows",
		new Set(pairs.items.map((group) => group.key)).size === pairs.items.length &&
			pairs.items.reduce((all, group) => all + group.flows, 0) === pairs.totals.flows &&
			Math.abs(own - one.flows) <= 3,
		JSON.stringify(one).slice(0, 200),
	);
	await answers("/api/v1/flows?group_by=src.ip,proto&fields=keys,flows");
}
for (const [query, at] of [
	["limit=0", "limit"],
	["limit=-1", "limit"],
	["limit=1001", "limit"],
	["limit=1e99", "limit"],
	["limit=18446744073709551616", "limit"],
	["offset=-1", "offset"],
	["sort=__proto__", "sort"],
	["sort=nonsense", "sort"],
	["live=maybe", "live"],
	["scope=outer", "scope"],
	["group_by=nonsense", "group_by"],
	["group_by=proto,nonsense", "group_by"],
	["group_by=proto,state,iface", "group_by"],
	["fields=id,nonsense", "fields"],
	["group_by=proto&fields=nonsense", "fields"],
	["cursor=zz", "cursor"],
	["since=yesterday", "since"],
	["nonsense=1", "nonsense"],
	["filter=scr%3D1", "filter"],
	["filter=src%20in", "filter"],
	["filter=((((", "filter"],
	["filter=src.host%7E%22unclosed", "filter"],
	["since=2026-02-30", "since"],
	["since=2026-11-21T01:20:00", "since"],
	["until=tomorrow", "until"],
	["filter=first_seen%3Eyesterday", "filter"],
	["ip=10.0.0.0%2F99", "ip"],
	["port=70000", "port"],
	["state=NONSENSE", "state"],
	["proto=nonsense", "proto"],
	["name=%22", "name"],
	[`filter=${"(".repeat(3000)}`, "filter"],
	[`filter=${"a".repeat(5000)}`, "filter"],
]) {
	const res = await answers(`/api/v1/flows?${query}`, { status: 400 });
	check(
		`flows?${query.slice(0, 40)}: the error names ${at}`,
		res.json?.errors?.[0]?.parameter === at,
		res.text,
	);
}
{
	const port = await answers("/api/v1/flows?port=70000", { status: 400 });
	check(
		"a wrong value is named as it was sent",
		port.json.detail.startsWith('`port`: "70000" is no value'),
		port.text,
	);
	const res = await answers("/api/v1/flows?filter=proto%3Dtcp%20and%20scr%3D1", { status: 400 });
	check(
		"a filter error has its place",
		res.json.errors[0].offset === 14 && res.json.errors[0].length === 3,
		res.text,
	);
	check(
		"a filter error has a suggestion",
		res.json.errors[0].suggestions[0]?.startsWith("src"),
		res.text,
	);
}
{
	// no regular expressions, so none that take for ever
	const took = await quickest(() =>
		answers(
			`/api/v1/flows?filter=${encodeURIComponent('name ~ "(a+)+$" or name ~ "*a*a*a*a*a*a*a*a*a*a*a*a*b"')}`,
		),
	);
	check("a pattern made to be slow is not", within(took, 1000), took);
}
const tooLong = await request(`/api/v1/flows?filter=${"a".repeat(100000)}`);
check(
	"a filter of 100 kB is refused",
	tooLong.status === 414 || tooLong.status === 400 || tooLong.status === 431,
	tooLong.status,
);

for (const shortcut of [
	`ip=${flow.src.ip}`,
	`ip=${flow.src.ip}%2F${flow.family === 4 ? 32 : 128}`,
	`proto=${flow.proto}`,
	`state=${flow.state ?? "ESTABLISHED"}`,
	`port=${flow.dst.port ?? 1}`,
	"port=1-65535",
	`iface=${flow.iface}`,
	"name=a",
	"since=15m",
	"since=-1h",
	`since=${flow.last_seen}`,
	"since=2026-01-01",
	`q=${flow.src.ip}`,
	"scope=internal",
	"filter=",
]) {
	const res = await answers(`/api/v1/flows?live=both&limit=1000&${shortcut}`);
	if (shortcut.startsWith("ip=") || shortcut.startsWith("q="))
		check(
			`${shortcut} finds the flow`,
			res.json.items.some((item) => item.id === flow.id),
		);
}
{
	// moments: what a brush on a chart asks for
	const count = async (query) =>
		(await answers(`/api/v1/flows?live=both&limit=1&${query}`)).json.page.matched;
	const now = Date.now(),
		iso = (back) => new Date(now - back).toISOString();
	const filter = (text) => `filter=${encodeURIComponent(text)}`;
	const whole = await count("");
	check(
		"all flows were seen in the last hour",
		(await count(filter(`first_seen>-1h and last_seen<=${iso(-3600e3)}`))) >= whole,
	);
	check(
		"no flow was seen before the daemon began",
		(await count(filter("first_seen<-1h"))) === 0,
	);
	check(
		"a flow is found by its very moment",
		(
			await answers(`/api/v1/flows?live=both&${filter(`first_seen=${flow.first_seen}`)}`)
		).json.items.some((one) => one.id === flow.id),
	);
	check(
		"a flow is found by a range around it",
		(
			await answers(
				`/api/v1/flows?live=both&limit=1000&${filter(`first_seen=${new Date(Date.parse(flow.first_seen) - 1000).toISOString()}..now`)}`,
			)
		).json.items.some((one) => one.id === flow.id),
	);
	check(
		"nothing is older than a day before the first",
		(await count(`until=${iso(864e5)}`)) === 0,
	);
	check("until now is everything", (await count(`until=${iso(-60e3)}&since=-1h`)) >= whole);
	const bad = await answers(`/api/v1/flows?${filter("state=ESTAB")}`, { status: 400 });
	check(
		"a wrong word has the nearest suggested",
		bad.json.errors[0].suggestions[0] === "ESTABLISHED",
		bad.text,
	);
}
{
	const seen = new Set();
	let cursor = "",
		pages = 0;
	for (; pages < 2000; pages++) {
		const res = await request(
			`/api/v1/flows?live=both&limit=7&sort=id${cursor && `&cursor=${cursor}`}`,
		);
		for (const item of res.json.items) seen.add(item.id);
		cursor = res.json.page.next;
		if (!cursor) break;
	}
	check(
		"following next comes to an end and sees all",
		seen.size >= Math.min(flows.length, 7) && pages < 2000,
		`${seen.size} in ${pages} pages`,
	);
}

await answers("/api/v1/summary");
const dimensions = doc.components.schemas.Dimension.enum;
for (const dimension of dimensions)
	for (const query of ["", "?top_n=3&metric=bytes", "?metric=rate", "?top_n=99999"]) {
		const res = await answers(`/api/v1/aggregate/${dimension}${query}`, {
			path: "/api/v1/aggregate/{dimension}",
		});
		const key = {
			"": "count",
			"?top_n=3&metric=bytes": "bytes",
			"?metric=rate": "rate_bps",
			"?top_n=99999": "count",
		}[query];
		const items = res.json?.items ?? [];
		check(
			`aggregate/${dimension}${query} is in order`,
			items.every((item, i) => i === 0 || items[i - 1][key] >= item[key]),
		);
	}
const nonsense = await answers("/api/v1/aggregate/nonsense", {
	path: "/api/v1/aggregate/{dimension}",
	status: 404,
});
check(
	"the document has the dimensions that there are",
	nonsense.json.detail.split("; there are: ")[1].split(", ").sort().join() ===
		[...dimensions].sort().join(),
	nonsense.text,
);
await answers("/api/v1/aggregate/ports?port_type=nonsense", {
	path: "/api/v1/aggregate/{dimension}",
	status: 400,
});
await answers("/api/v1/matrix/protocol/state", { path: "/api/v1/matrix/{rows}/{columns}" });
await answers("/api/v1/matrix/nonsense/state", {
	path: "/api/v1/matrix/{rows}/{columns}",
	status: 404,
});
await answers("/api/v1/sankey");
await answers("/api/v1/sankey?dims=src.ip,proto,service,dst.ip&metric=bytes&top_n=3");
await answers("/api/v1/sankey?dims=src.ip", { status: 400 });
const hosts = (await answers("/api/v1/hosts?live=both")).json.items;
await answers(`/api/v1/hosts/${hosts[0].ip}`, { path: "/api/v1/hosts/{ip}" });
{
	const busiest = (await answers(`/api/v1/hosts/${flow.src.ip}`, { path: "/api/v1/hosts/{ip}" }))
		.json;
	check(
		"a host has its servers and services",
		busiest.servers.some((one) => one.key === flow.dst.ip) && busiest.services.length > 0,
	);
	const other = (await answers(`/api/v1/hosts/${flow.dst.ip}`, { path: "/api/v1/hosts/{ip}" }))
		.json;
	check(
		"... and its clients and names",
		other.clients.some((one) => one.key === flow.src.ip) && other.names.length > 0,
	);
	check(
		"... and its rates",
		[busiest, other].some(
			(one) => one.series?.up.length === 300 && one.series.up.some((value) => value > 0),
		),
	);
}
await answers("/api/v1/hosts/192.0.2.254", { path: "/api/v1/hosts/{ip}", status: 404 });
await answers("/api/v1/filter/validate", {
	method: "POST",
	body: { filter: "proto=tcp and (dport=443 or dport in (80, 8000-8100))" },
});
await answers("/api/v1/filter/validate", {
	method: "POST",
	body: { filter: "proto==" },
	status: 400,
});
await answers("/api/v1/filter/validate", { method: "POST", body: {}, status: 400 });
await answers("/api/v1/filter/validate", {
	method: "POST",
	body: { filter: "proto = udp\0 or more" },
	status: 400,
});
for (const q of [
	"",
	"pro",
	"proto%3D",
	"state%3DES",
	"proto%3Dtcp%20and%20",
	"first_seen%3E",
	"duration%3E",
])
	await answers(`/api/v1/filter/complete?q=${q}`);
const health = await request("/api/v1/health");
await answers("/api/v1/health", { status: health.status === 503 ? 503 : 200 });
check(
	"the past is kept within a bound",
	health.json.memory.series.used > 0 &&
		health.json.memory.series.used <= health.json.memory.series.max &&
		health.json.memory.series.max < 6e6,
	JSON.stringify(health.json.memory),
);
{
	const told = (await answers("/api/v1/new-destinations")).json;
	check(
		"hosts are watched for an hour before a destination is new",
		told.learn_s === 3600 && told.items.length === 0,
		JSON.stringify(told).slice(0, 300),
	);
}
await answers("/api/v1/windows");
await answers("/api/v1/interfaces?recent=true");
await answers("/api/v1/windows?after=1");
await answers("/api/v1/windows?after=-1", { status: 400 });
for (const query of [
	"",
	"?range=5m",
	"?range=15m",
	"?range=1h",
	"?range=6h",
	"?range=24h",
	"?by=proto",
	"?by=iface&range=1h",
	"?by=host",
	"?metric=flows",
	"?metric=pps&range=6h",
	"?metric=new",
	"?metric=entries",
	"?by=service&range=1h",
	"?metric=flows&by=service",
])
	await answers(`/api/v1/series${query}`);
for (const query of ["?range=2d", "?range=x", "?by=x", "?metric=x", "?metric=monitor&by=service"])
	await answers(`/api/v1/series${query}`, { status: 400 });
for (const [metric, keys] of [
	["summary", "down entries flows new pps up"],
	["monitor", "cpu_permille losses memory tick_us"],
]) {
	const series = (await answers(`/api/v1/series?metric=${metric}&range=30s`)).json.series;
	const known = series.filter((one) => one.values.some((value) => value !== null));
	const told = known.map((one) => one.key).sort();
	check(
		`series of the ${metric}: ${keys}`,
		told.join(" ") === keys &&
			(metric === "summary" || known.find((one) => one.key === "memory").values.at(-1) > 1e6),
		JSON.stringify(series).slice(0, 400),
	);
}
await answers("/api/v1/log");
{
	// what is a loss is said once
	const counters = (await request("/api/v1/health")).json.counters,
		losses = (await request("/api/v1/summary")).json.losses;
	const named = Object.keys(counters)
		.filter((name) => counters[name].loss)
		.sort()
		.join(" ");
	check(
		"the losses of the summary are the counters of health that are losses",
		Object.keys(losses).sort().join(" ") === named && /\bmap_full\b/.test(named),
		named,
	);
}
await answers(`/api/v1/flows/0000000000000001?reason=${"x".repeat(201)}`, {
	path: "/api/v1/flows/{id}",
	method: "DELETE",
	status: 400,
});
{
	const many = { path: "/api/v1/flows", method: "DELETE" };
	const nothing = "filter=src.port=1%20and%20src.port=2";
	await answers(`/api/v1/flows?${nothing}`, { ...many, status: 428 });
	await answers(`/api/v1/flows?${nothing}&at_most=0`, many);
	await answers("/api/v1/flows?live=both&at_most=0", { ...many, status: 409 });
	await answers("/api/v1/flows?filter=src.prot=1&at_most=0", { ...many, status: 400 });
	const seen = await answers("/api/v1/flows?proto=tcp&dry_run=true", many);
	check(
		"a dry run counts and shows what would be deleted",
		seen.json.matched > 0 && seen.json.sample.length > 0 && seen.json.done === 0,
		JSON.stringify(seen.json.matched),
	);
	const deletions = await answers("/api/v1/deletions");
	check(
		"a deletion is told of, a dry run is none",
		deletions.json.items.length === 1 && deletions.json.items[0].matched === 0,
		JSON.stringify(deletions.json),
	);
}
await answers("/api/v1/flows/0000000000000001?reason=none", {
	path: "/api/v1/flows/{id}",
	method: "DELETE",
	status: 404,
});
{
	const acts = (await request("/api/v1/log")).json.items.filter((one) => one.component === "act");
	const last = acts[acts.length - 1];
	check(
		"an act is on record, refused ones too",
		last?.fields.act === "forget" &&
			last.fields.reason === "none" &&
			last.fields.result === "there is no such flow" &&
			last.fields.target === "flow 0000000000000001" &&
			last.fields.role === "admin",
		JSON.stringify(last),
	);
}
await answers("/api/v1/session");
await answers("/api/v1/conntrack", { method: "DELETE", status: 428, body: {} });
await answers("/problems/bad-filter", { path: "/problems/{code}" });

// --- every problem type has a page ---
for (const file of ["http", "live", "api", "api/compat"].flatMap((room) =>
	fs
		.readdirSync(new URL(`user/${room}/`, root))
		.filter((name) => name.endsWith(".c"))
		.map((name) => `user/${room}/${name}`),
))
	for (const [, code] of fs
		.readFileSync(new URL(file, root), "utf8")
		.matchAll(/(?:\b4\d\d|\b5\d\d),\s*"([a-z-]+)"/g))
		check(`/problems/${code} explains`, (await request(`/problems/${code}`)).status === 200);

// --- ETag ---
{
	// a tick may come between the two, so three tries
	let saved;
	for (let i = 0; i < 3 && saved?.status !== 304; i++) {
		const first = await request("/api/v1/flows");
		saved = await request("/api/v1/flows", {
			headers: { "If-None-Match": first.headers.etag },
		});
	}
	check(
		"an answer that did not change is a 304",
		saved.status === 304 && saved.bytes.length === 0,
		saved.status,
	);
	const other = await request("/api/v1/flows?limit=1", {
		headers: { "If-None-Match": (await request("/api/v1/flows")).headers.etag },
	});
	check("the tag of another query is none", other.status === 200);
}

// --- what is asked twice in a tick is made once ---
{
	const cached = async () => (await request("/api/v1/health")).json.counters.http_cached.value;
	const before = await cached();
	for (const target of [
		"/api/v1/flows?live=both&limit=1000",
		"/api/v1/flows?live=both&limit=3",
		"/api/v1/hosts",
		"/api/v1/summary",
		`/api/v1/hosts/${flow.src.ip}`,
	]) {
		for (const headers of [
			{},
			{ "Accept-Encoding": "gzip" },
			{ "Accept-Encoding": "gzip" },
			{},
		]) {
			const res = await request(target, { headers });
			const packed = res.bytes[0] === 0x1f && res.bytes[1] === 0x8b;
			const json = packed ? JSON.parse(zlib.gunzipSync(res.bytes)) : res.json;
			check(
				`${target} is whole, from wherever it comes`,
				res.status === 200 &&
					json &&
					packed === (res.headers["content-encoding"] === "gzip") &&
					packed ===
						(Boolean(headers["Accept-Encoding"]) &&
							JSON.stringify(json).length >= 1024),
				JSON.stringify([packed, res.headers["content-encoding"], res.bytes.length]),
			);
		}
	}
	// the tests above may have filled the room of this tick, so some ticks' time
	let after = await cached();
	for (let i = 0; i < 40 && after === before; i++) {
		await new Promise((go) => setTimeout(go, 100));
		await Promise.all(Array.from({ length: 5 }, () => request("/api/v1/summary")));
		after = await cached();
	}
	check("some of it was kept", after > before, `${before} ${after}`);
	const [one, two] = [
		await request("/api/v1/flows?limit=1&sort=-bytes"),
		await request("/api/v1/flows?limit=1&sort=bytes"),
	];
	check("another query is another answer", one.headers.etag !== two.headers.etag);
}

// --- exports ---
{
	const json = await answers("/api/v1/export.json?live=both");
	check("export.json counts its items", json.json.count === json.json.items.length);
	const lines = (await answers("/api/v1/export.ndjson?live=both")).text
		.trimEnd()
		.split("\n")
		.map((line) => JSON.parse(line));
	check(
		"export.ndjson has a flow a line",
		lines.length > 0 &&
			lines.every((line) => validate(doc, doc.components.schemas.Flow, line) === null),
		lines.map((line) => validate(doc, doc.components.schemas.Flow, line)).find(Boolean),
	);
	const csv = await answers("/api/v1/export.csv?live=both&fields=id,src.ip,dst.host,bytes.up");
	check(
		"export.csv has its header",
		/^id,src\.ip,dst\.host,bytes\.up\r?\n/.test(csv.text),
		csv.text.slice(0, 100),
	);
	check("export.csv is a download", /attachment/.test(csv.headers["content-disposition"] ?? ""));
	await answers("/api/v1/export.csv?filter=nonsense%3D1", { status: 400 });
}

finish();
