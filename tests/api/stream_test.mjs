// SPDX-License-Identifier: BSD-2-Clause
// The live stream: events, views and their deltas, hold, limits, resume. Needs a daemon with some
// flows: FLOWBPF_URL.
import { check, finish, quickest, request, sleep, stream, within } from "./raw.mjs";
import { validate } from "./schema.mjs";

const doc = (await request("/api/v1/openapi.json")).json;
const fits = (name, value) => validate(doc, doc.components.schemas[name], value);

// What a page makes of rows events.
class Table {
	ids = [];
	rows = new Map();
	apply(event) {
		if (event.reset) this.rows.clear();
		for (const [id, values] of Object.entries(event.new ?? {})) this.rows.set(id, values);
		if (event.ids) {
			this.ids = event.ids;
			for (const id of this.rows.keys()) if (!event.ids.includes(id)) this.rows.delete(id);
		}
		for (const [row, column, value] of event.set ?? [])
			this.rows.get(this.ids[row])[column] = value;
		return this.ids.length === this.rows.size && this.ids.every((id) => this.rows.has(id));
	}
}

const put = (sid, body) => request(`/api/v1/stream/${sid}/view`, { method: "PUT", body });

const watch = stream(); // from here to the end: windows take ten seconds
const live = stream();
const res = await live.ready;
check(
	"the stream is an event stream",
	res.statusCode === 200 &&
		res.headers["content-type"] === "text/event-stream" &&
		res.headers["cache-control"] === "no-store" &&
		res.headers["x-accel-buffering"] === "no",
);
const hello = (await live.next("hello")).json;
check(
	"hello says who and when",
	/^[0-9a-f]{32}$/.test(hello.sid) &&
		/^[0-9a-f]{16}$/.test(hello.boot_id) &&
		hello.interval_ms === 1000 &&
		Array.isArray(hello.interfaces) &&
		typeof hello.caps.act === "boolean",
);
const first = await live.next("summary", 1000);
check(
	"a summary comes at once and fits its schema",
	fits("Summary", first.json) === null,
	fits("Summary", first.json),
);
const started = Date.now();
for (let i = 0; i < 3; i++) await live.next("summary");
const took = (Date.now() - started) / 3;
check("then one each second", took > 500 && within(took, 1900), `${took} ms`);

const monitor = (await live.next("monitor_status", 2000)).json;
check(
	"monitor_status comes when a stream begins",
	fits("MonitorStatus", monitor) === null &&
		monitor.monitor_status === "running" &&
		monitor.interfaces.length > 0,
	fits("MonitorStatus", monitor),
);
const history = (await live.next("batch_history", 15000)).json;
check(
	"batch_history has the closed windows",
	history.items.every((one) => fits("Window", one) === null),
	history.items.map((one) => fits("Window", one)).find(Boolean),
);
const begun = (await live.next("batch_start", 2000)).json;
check(
	"batch_start says which window fills",
	fits("WindowStart", begun) === null,
	fits("WindowStart", begun),
);

// --- a view ---
{
	const columns = ["id", "src.ip", "dst.ip", "bytes", "rate_bps", "state"];
	const waited = await quickest(async () => {
		const probe = await put(hello.sid, { view: "probe", columns, limit: 50 });
		await live.next("rows", 5000, (event) => event.e === probe.json.epoch);
	});
	check("rows come before the next tick", within(waited, 900), `${waited} ms`);
	await request(`/api/v1/stream/${hello.sid}/view/probe`, { method: "DELETE" });
	const answer = await put(hello.sid, {
		view: "a.v1",
		columns,
		sort: "-bytes",
		limit: 50,
		live: "both",
	});
	check("PUT view is taken", answer.status === 202 && answer.json.epoch > 0, answer.text);
	const reset = (await live.next("rows", 5000, (event) => event.view === "a.v1")).json;
	check(
		"the first rows are a reset",
		reset.reset && reset.e === answer.json.epoch && reset.view === "a.v1" && reset.off === 0,
	);
	const table = new Table();
	check(
		"the reset is whole",
		table.apply(reset) &&
			table.ids.length > 0 &&
			[...table.rows.values()].every((row) => row.length === columns.length),
	);
	check(
		"rows are in order",
		table.ids.every(
			(id, i) => i === 0 || table.rows.get(table.ids[i - 1])[3] >= table.rows.get(id)[3],
		),
	);
	let whole = true;
	for (let i = 0; i < 4; i++) {
		const event = (await live.next("rows")).json;
		whole = whole && !event.reset && event.e === reset.e && table.apply(event);
	}
	check("deltas keep it whole", whole);
	// the list, asked for at the same epoch, must have the same rows
	let same = false;
	for (let i = 0; i < 5 && !same; i++) {
		const event = (await live.next("rows")).json;
		table.apply(event);
		const list = (
			await request(`/api/v1/flows?live=both&sort=-bytes&limit=50&fields=${columns}`)
		).json;
		same =
			JSON.stringify(list.items.map((item) => columns.map((column) => item[column]))) ===
			JSON.stringify(table.ids.map((id) => table.rows.get(id)));
	}
	check("the stream and the list say the same", same);
	// hold: the rows stay, the values go on
	const held = [...table.ids];
	const hold = await put(hello.sid, {
		view: "a.v1",
		columns,
		sort: "bytes",
		limit: 50,
		live: "both",
		hold: true,
	});
	const kept = (await live.next("rows", 5000, (event) => event.e === hold.json.epoch)).json;
	check(
		"hold keeps the rows and their order",
		kept.reset && JSON.stringify(kept.ids) === JSON.stringify(held),
	);
	check(
		"hold counts what moved",
		kept.stats && kept.stats.moved + kept.stats.new > 0,
		JSON.stringify(kept.stats),
	);
	const later = (await live.next("rows", 5000, (event) => event.e === hold.json.epoch)).json;
	check("no ids while held", !later.ids && !later.new);
	// another question: none of the rows that it does not match is kept
	const gone = table.rows.get(held[0])[1];
	const asked = await put(hello.sid, {
		view: "a.v1",
		columns,
		sort: "bytes",
		limit: 50,
		live: "both",
		hold: true,
		filter: `not src.ip=${gone}`,
	});
	const other = (await live.next("rows", 5000, (event) => event.e === asked.json.epoch)).json;
	check(
		"a filter takes while held",
		other.reset && !Object.values(other.new).some((row) => row[1] === gone),
		JSON.stringify(other.ids),
	);
	const loose = await put(hello.sid, {
		view: "a.v1",
		columns,
		sort: "bytes",
		limit: 50,
		live: "both",
		hold: false,
	});
	const turned = (await live.next("rows", 5000, (event) => event.e === loose.json.epoch)).json;
	check(
		"letting go orders anew",
		turned.reset && JSON.stringify(turned.ids) !== JSON.stringify(held),
	);
}
{
	const answer = await put(hello.sid, {
		view: "g",
		group_by: "src.ip",
		sort: "-bytes",
		columns: ["key", "flows", "bytes.up", "services", "hosts"],
		live: "both",
	});
	const event = (await live.next("rows", 3000, (rows) => rows.view === "g")).json;
	const list = (await request("/api/v1/flows?live=both&group_by=src.ip&sort=-bytes")).json;
	check(
		"a grouped view has its keys as ids",
		answer.status === 202 &&
			event.ids.length > 0 &&
			event.ids.every((id) => event.new[id][0] === id),
	);
	check(
		"a grouped view matches the list",
		list.items.length === event.ids.length && event.matched === list.page.matched,
	);
	check(
		"DELETE view",
		(await request(`/api/v1/stream/${hello.sid}/view/g`, { method: "DELETE" })).status === 204,
	);
	await sleep(100);
	const before = live.events.length;
	await live.next("summary");
	await live.next("summary");
	check(
		"a dropped view is silent",
		!live.events.slice(before).some((late) => late.json?.view === "g"),
	);
	check(
		"DELETE of no view: 404",
		(await request(`/api/v1/stream/${hello.sid}/view/g`, { method: "DELETE" })).status === 404,
	);
}
{
	// what no flow has, in texts that joined by that byte are those of another view
	await put(hello.sid, { view: "odd", q: "1\x1flive", sort: "bytes", columns: ["id"] });
	const plain = await put(hello.sid, {
		view: "plain",
		q: "1",
		live: "live",
		columns: ["bytes", "id"],
	});
	const rows = (await live.next("rows", 5000, (event) => event.e === plain.json.epoch)).json;
	check(
		"views of other texts are not taken for the same",
		rows.matched > 0 && Object.values(rows.new).every((row) => row.length === 2),
		rows.matched,
	);
	for (const view of ["odd", "plain"])
		await request(`/api/v1/stream/${hello.sid}/view/${view}`, { method: "DELETE" });
}
for (const [name, body, status] of [
	["limit 301", { limit: 301 }, 400],
	["limit 0", { limit: 0 }, 400],
	["offset -1", { offset: -1 }, 400],
	["an unknown key", { x: 1 }, 400],
	["an unknown column", { columns: ["nonsense"] }, 400],
	["a bad filter", { filter: "scr=1" }, 400],
	["a bad sort", { sort: "nonsense" }, 400],
	["a bad name", { view: "a b" }, 400],
	["no name", { view: "" }, 400],
	["a group by nothing", { group_by: "bytes" }, 400],
	["no object", "[]", 400],
	["columns of numbers", { columns: [1] }, 400],
])
	check(`PUT view with ${name}: ${status}`, (await put(hello.sid, body)).status === status);
check(
	"a bad filter has its place",
	(await put(hello.sid, { filter: "proto=tcp and scr=1" })).json.errors[0].offset === 14,
);
for (const body of [{ columns: ["nonsense"] }, { columns: ["id"], group_by: "proto" }])
	check(
		`${JSON.stringify(body)}: the answer names what is wrong`,
		(await put(hello.sid, body)).json.errors[0].parameter === "columns",
	);
check("PUT view of no stream: 404", (await put("0".repeat(32), {})).status === 404);
{
	let last = 202;
	for (let i = 0; i < 40 && last === 202; i++)
		last = (await put(hello.sid, { view: `many${i}`, limit: 1 })).status;
	check("views of one stream have an end: 503", last === 503, last);
}
live.close();

// --- no room for one more view ---
{
	const streams = Array.from({ length: 16 }, () => stream());
	const sids = await Promise.all(streams.map(async (one) => (await one.next("hello")).json.sid));
	const each = async (one) => {
		let done = 0;
		for (let i = 0; i < 256; i++) done += (await one(sids[i >> 4], `v${i & 15}`, i)) ? 1 : 0;
		return done;
	};
	// no two alike; one that was just dropped has its place until the tick that it is in is over
	const fill = (limit) =>
		each(async (sid, view, offset) => {
			for (let i = 0; i < 25; i++, await sleep(200))
				if ((await put(sid, { view, limit, offset })).status === 202) return true;
			return false;
		});
	const drop = () =>
		each(
			async (sid, view) =>
				(await request(`/api/v1/stream/${sid}/view/${view}`, { method: "DELETE" }))
					.status === 204,
		);
	const asked = `/api/v1/stream?view=${encodeURIComponent(JSON.stringify({ limit: 3 }))}`;
	let n = await fill(1);
	check("256 different views are served", n === 256, n);
	check(
		"the next held one is not: 503",
		(await put(sids[0], { view: "v0", limit: 1, hold: true })).status === 503,
	);
	const refused = stream(asked);
	check("nor one in the URL of a stream: 503", (await refused.ready).statusCode === 503);
	refused.close();
	await drop();
	n = await fill(2);
	check("those refused leave nothing: 256 are served again", n === 256, n);
	await drop();
	for (const one of streams) one.close();
}

// --- a view in the URL, the log, resume ---
{
	const other = stream(
		`/api/v1/stream?view=${encodeURIComponent(JSON.stringify({ view: "x", limit: 3, live: "both" }))}`,
	);
	const sid = (await other.next("hello")).json.sid;
	check("?view= gives rows", (await other.next("rows")).json.ids.length <= 3);
	await put(sid, { view: "x", limit: 2, live: "both" });
	await request("/api/v1/conntrack", { method: "DELETE", body: { confirm: "no" } });
	other.close();
	const log = (await request("/api/v1/log")).json;
	if (log.items.length > 1) {
		const resumed = stream("/api/v1/stream", {
			"Last-Event-ID": `${hello.boot_id}-${log.items[0].seq}`,
		});
		const event = await resumed.next("log");
		check(
			"Last-Event-ID resumes the log",
			event.json.seq === log.items[1].seq &&
				fits("LogLine", event.json) === null &&
				event.id === `${hello.boot_id}-${event.json.seq}`,
		);
		resumed.close();
	}
	const strange = stream("/api/v1/stream", { "Last-Event-ID": `ffffffffffffffff-1` });
	await strange.next("hello");
	await strange.next("summary");
	check(
		"an id of another start replays nothing",
		!strange.events.some((event) => event.type === "log"),
	);
	strange.close();
	check("a bad view in the URL: 400", (await request("/api/v1/stream?view=%7B")).status === 400);
}

// --- limits ---
{
	await sleep(1500);
	const four = [];
	for (let i = 0; i < 4; i++) {
		four.push(stream("/api/v1/stream?session=one"));
		await four[i].next("hello");
	}
	check(
		"the fifth stream of a session: 204",
		(await request("/api/v1/stream?session=one", { headers: { Cookie: "" } })).status === 204,
	);
	for (const one of four) one.close();
	await sleep(2500);
	const again = stream("/api/v1/stream?session=one");
	await again.next("hello");
	check("when they are gone there is room again", again.status === 200);
	again.close();
}
{
	const many = Array.from({ length: 1100 }, () => stream());
	const answers = await Promise.all(
		many.map((one) =>
			one.ready.then(
				(r) => [r.statusCode, r.headers["retry-after"]],
				() => [0],
			),
		),
	);
	const open = answers.filter(([status]) => status === 200).length,
		refused = answers.filter(([status]) => status === 503);
	check("1,024 streams are served and no more", open > 1000 && open <= 1024, open);
	check(
		"the others get 503 and when to come back",
		refused.length > 0 && refused.every(([, after]) => Number(after) > 0),
		refused.length,
	);
	const one = many.find((candidate) => candidate.status === 200);
	await one.next("summary");
	const between = await quickest(() => one.next("summary", 9000), 3);
	check("all of them are served each second", within(between, 2500), between);
	const took = await quickest(() => request("/api/v1/health"));
	check("a request beside 1,000 streams waits for no tick", within(took, 900), took);
	for (const candidate of many) candidate.close();
}

// --- windows ---
{
	await watch.next("batch_start", 15000);
	const closed = (await watch.next("batch_results", 15000)).json;
	const next = (await watch.next("batch_start", 15000)).json;
	check(
		"batch_results has the window that closed",
		fits("Window", closed) === null,
		fits("Window", closed),
	);
	check(
		"its flows are those of its protocols",
		Object.values(closed.protocols).reduce((sum, n) => sum + n, 0) ===
			closed.traffic.total_flows && closed.processing_ms > 0,
		JSON.stringify(closed),
	);
	check(
		"then the next one starts",
		next.id === closed.id + 1 && next.start_time === closed.end,
		JSON.stringify([next, closed.id, closed.end]),
	);
	const list = (await request("/api/v1/windows")).json;
	check(
		"the list of windows has it, byte by byte",
		JSON.stringify(list.items.find((one) => one.id === closed.id)) === JSON.stringify(closed),
	);
	check(
		"after= leaves it out",
		!(await request(`/api/v1/windows?after=${closed.id}`)).json.items.some(
			(one) => one.id <= closed.id,
		),
	);
	check(
		"/api/history has it too",
		(await request("/api/history")).json.data.some((one) => one.id === closed.id),
	);
	check(
		"monitor_status comes once while nothing changes",
		watch.events.filter((event) => event.type === "monitor_status").length === 1,
	);
	watch.close();
}
finish();
