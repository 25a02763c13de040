// SPDX-License-Identifier: BSD-2-Clause
// What a stranger may choose, and a server that is in trouble: played by answers made here, so
// that the page meets them whatever the network does.
import { api, base, check, ok, profile, until, watch } from "../browser.mjs";
import { word } from "../words.mjs";

const EVIL = [
	'<img src=x onerror="globalThis.__xss=1">',
	"<script>globalThis.__xss=1</script>",
	"javascript:globalThis.__xss=1",
	'"><svg onload=globalThis.__xss=1>',
	"evil\u202egnp.exe",
	"\u0000\u0007\u001b[31mred",
];

const flow = (name, i) => ({
	id: `00000000000000${(16 + i).toString(16)}`,
	proto: "tcp",
	l7: "tls",
	service: name,
	family: 4,
	direction: "out",
	scope: "internal-external",
	state: name,
	iface: name,
	src: { ip: "10.0.0.1", port: 1000 + i, host: name },
	dst: { ip: "192.0.2.1", port: 443, host: name, host_from: "sni" },
	bytes: { up: 1, down: 2 },
	packets: { up: 1, down: 2 },
	rate_bps: { up: 8, down: 8 },
	pps: { up: 1, down: 1 },
	duration_ms: 1000,
	idle_ms: 1,
	rtt_ms: 0.5,
	first_seen: "2026-01-01T00:00:00Z",
	last_seen: "2026-01-01T00:00:01Z",
	closed: null,
	partial: false,
	tls: {
		...{ sni: name, alpn: [name], version: name, ja4: name, ech: false, esni: false },
		...{ offered: name, groups: [name], pq: true, group: name, cipher: name, answered: true },
	},
	name_flags: [name],
	nat: { kind: name, src: name, dst: name },
	conntrack: { id: "1", state: name, flags: [name], timeout_s: 1, mark: 0, zone: 0 },
	tcp: { flags_up: name, flags_down: name },
	icmp_error: null,
	ifaces: [{ name, packets: { up: 1, down: 2 }, bytes: { up: 1, down: 2 } }],
	names: [{ name, unicode: name, source: "sni", age_s: 1, flags: [name] }],
});

const seen = { first_seen: "2026-01-01T00:00:00Z", last_seen: "2026-01-01T00:00:01Z" };
const both = { bytes: { up: 1, down: 1 }, rate_bps: { up: 1, down: 1 } };

const group = (key) => ({
	...{ key, field: "dst.host", label: key, flows: 1, active: 1, closed: 0, hosts: 1 },
	...{ services: [key], ...both, ...seen },
});

const ends = { up: 1, down: 1 };

/** A device whose names are all a stranger's. */
const device = (name, i) => ({
	mac: `02:00:00:00:00:0${i}`,
	label: i % 2 ? name : null,
	icon: null,
	host: name,
	host_from: "mdns",
	vendor: name,
	randomised: false,
	several: false,
	new: true,
	first_seen: "2026-11-21T01:20:00Z",
	last_seen: "2026-11-21T01:20:00Z",
	addresses: [{ ip: "10.0.0.1", last_seen: "2026-11-21T01:20:00Z" }],
	bytes: ends,
	bytes_today: ends,
	rate_bps: ends,
	hours: Array(24).fill(1),
});
const devices = {
	items: EVIL.map(device),
	total: EVIL.length,
	most: 4096,
	vendors: true,
	since: "2026-11-21T01:20:00Z",
	as_of: "2026-11-21T01:20:00Z",
};
/** An act whose texts are all a stranger's. */
const act = (name, i) => ({
	...{ seq: i + 1, prev: "0".repeat(64), time: "2026-11-21T01:20:00.000Z", act: name },
	...{ target: name, flow: null, user: name, role: "operator", peer: name, by: "page" },
	...{ dry_run: false, preview: null, reason: name, ok: i % 2 === 0, result: name },
	...{ count: null, expires: null, undo: null },
});

const top = EVIL.map((key) => ({ key, count: 1, bytes: 1, rate_bps: 0 }));
const topLists = { names: top, servers: top, clients: top, services: top };

const host = (name, i) => ({
	...{ ip: `10.0.0.${i}`, host: name, scope: "internal", flows: 1, active: 1, peers: 1 },
	...{ names: EVIL.map((key) => ({ key, count: 1 })), ...both, ...seen },
});

const tops = (key) =>
	EVIL.map((name, i) => ({
		[key]: key === "port" ? i : name,
		ip: `10.0.0.${i}`,
		name,
		host: name,
		service: name,
		count: 1,
		bytes: 10 - i,
	}));

const summaryOf = (more = {}) => ({
	active_flows: EVIL.length,
	closed_flows: 0,
	new_per_s: 1,
	rate_bps: { up: 8, down: 8 },
	pps: { up: 1, down: 1 },
	bytes_total: { up: 1, down: 1 },
	by_protocol: Object.fromEntries(EVIL.map((n) => [n, 1])),
	by_state: Object.fromEntries(EVIL.map((n) => [n, 1])),
	by_scope: Object.fromEntries(EVIL.map((n) => [n, 1])),
	top_sources: tops("ip"),
	top_destinations: tops("ip"),
	top_ports: tops("port"),
	top_names: tops("name"),
	protocol_state: { [EVIL[0]]: { [EVIL[1]]: 1 } },
	conntrack: { available: true, reason: null, entries: 1, max: 10, overruns: 0, resyncs: 0 },
	interfaces: [{ name: EVIL[0], ifindex: 1, hook: "tcx", state: "attached" }],
	losses: {},
	as_of: new Date().toISOString(),
	epoch: 1,
	server_time: new Date().toISOString(),
	...more,
});

const at = (item, path) => path.split(".").reduce((value, part) => value?.[part] ?? null, item);

/** As the server writes chosen fields. */
const flat = (item, names) => Object.fromEntries(names.map((name) => [name, at(item, name)]));

const alert = (text, i) => ({
	id: i.toString(16).padStart(16, "0"),
	rule: text,
	key: text,
	state: "firing",
	severity: "critical",
	sentence: text,
	since: new Date().toISOString(),
	ended: null,
	told: true,
	silent: text,
});

/** Stand between page and server: streams are ours, everything else may be too. */
const database = (text) => ({
	file: text,
	in_use: true,
	format: "csv",
	describes: text,
	credit: text,
	entries: 1,
	bad_lines: 0,
	built: null,
	error: text,
});

async function stage(
	page,
	{
		summary = summaryOf(),
		caps = { conntrack: true, act: true },
		health = {},
		role = "operator",
		streamStatus = 200,
	} = {},
) {
	const views = new Map();
	const items = EVIL.map(flow);
	const fields = await api("fields");
	const json = (route, body, status = 200) =>
		route.fulfill({ status, contentType: "application/json", body: JSON.stringify(body) });
	await page.route("**/api/v1/**", async (route) => {
		if (streamStatus === 0) return route.abort();
		const url = new URL(route.request().url());
		const path = url.pathname.replace("/api/v1/", "");
		if (/^stream\/.*view/.test(path)) {
			if (route.request().method() === "PUT")
				views.set(route.request().postDataJSON().view, route.request().postDataJSON());
			return json(route, { epoch: 1 }, 202);
		}
		if (path === "stream") {
			if (streamStatus !== 200)
				return json(route, { title: "no", status: streamStatus }, streamStatus);
			const events = [
				[
					"hello",
					{
						sid: "s",
						boot_id: "b",
						version: "t",
						interval_ms: 1000,
						server_time: new Date().toISOString(),
						interfaces: [],
						caps,
					},
				],
				["summary", { ...summary, server_time: new Date().toISOString() }],
			];
			for (const [name, view] of views)
				events.push([
					"rows",
					{
						view: name,
						e: Date.now() % 1e9,
						reset: true,
						total: items.length,
						matched: items.length,
						off: 0,
						totals: {
							flows: items.length,
							bytes: { up: 1, down: 2 },
							rate_bps: { up: 8, down: 8 },
							hosts: 1,
						},
						ids: items.map((f) => f.id),
						new: Object.fromEntries(
							items.map((f) => [f.id, view.columns.map((c) => at(f, c))]),
						),
					},
				]);
			events.push([
				"log",
				{
					seq: 1,
					time: new Date().toISOString(),
					level: "info",
					component: EVIL[0],
					message: EVIL[1],
				},
			]);
			return route.fulfill({
				status: 200,
				contentType: "text/event-stream",
				body: `retry: 300\n\n${events.map(([name, data]) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`).join("")}`,
			});
		}
		if (path === "session")
			return json(route, { role, login_required: role === null, secure: false });
		if (path === "summary") return json(route, summary);
		if (path.startsWith("flows/"))
			return json(route, items.find((f) => path.endsWith(f.id)) ?? items[0]);
		if (path === "flows") {
			const names = (url.searchParams.get("fields") ?? "").split(",").filter(Boolean);
			const rows = url.searchParams.has("group_by")
				? EVIL.map(group)
				: items.map((item) => (names.length ? flat(item, names) : item));
			return json(route, {
				items: rows,
				page: {
					total: items.length,
					matched: items.length,
					limit: 100,
					offset: 0,
					next: null,
					prev: null,
				},
				totals: { flows: 1, bytes: { up: 1, down: 1 }, rate_bps: { up: 1, down: 1 } },
				as_of: summary.as_of,
				epoch: 1,
			});
		}
		if (path === "devices") return json(route, devices);
		if (path.startsWith("devices/")) return json(route, { ...device(EVIL[0], 0), ...topLists });
		if (path === "hosts")
			return json(route, { items: EVIL.map(host), page: { matched: 6, total: 6 } });
		if (path.startsWith("hosts/")) return json(route, host(EVIL[0], 1));
		if (path.startsWith("aggregate/"))
			return json(route, {
				items: EVIL.map((key) => ({ key, label: key, count: 1, bytes: 1, rate_bps: 0 })),
				total: 6,
			});
		if (path === "sankey")
			return json(route, {
				nodes: EVIL.map((key, i) => ({
					key,
					dim: i % 2 ? "dst.host" : "src.ip",
					layer: i % 2,
					other: false,
					value: 3,
				})),
				links: [0, 2, 4].map((i) => ({ source: i, target: i + 1, value: 3 })),
			});
		if (path === "log") return json(route, { items: [], last: 0 });
		if (path === "alerts")
			return json(route, {
				items: EVIL.map(alert),
				silences: EVIL.map((key) => ({
					rule: key,
					key,
					until: new Date(Date.now() + 1e6).toISOString(),
					by: key,
					reason: key,
				})),
				senders: [],
			});
		if (path === "audit")
			return json(route, {
				items: EVIL.map(act),
				head: { seq: EVIL.length, hash: "0".repeat(64), first: 1 },
				written: 0,
				kept: true,
				failing: EVIL[0],
				lost: 0,
			});
		if (path === "geo") return json(route, { items: EVIL.map(database) });
		if (path === "fields") return json(route, fields);
		if (path === "health")
			return json(route, {
				status: "ok",
				reasons: [EVIL[0]],
				counters: {},
				maps: {},
				interfaces: [],
				programs: [],
				ring: { bytes: 1, lost: 0 },
				tick: { last_us: 1, p50_us: 1, p99_us: 1, age_ms: 0 },
				version: EVIL[0],
				kernel: EVIL[1],
				uptime_s: 1,
				pid: 1,
				uid: 1,
				...health,
			});
		if (path === "series") return json(route, { step_s: 1, start: summary.as_of, series: [] });
		if (path === "windows") return json(route, { items: [] });
		return json(route, { title: "no such path", status: 404 }, 404);
	});
}

async function staged(options, path) {
	const context = await profile();
	// requests of a shared worker cannot be stood between: the page's own fallback is used
	await context.addInitScript(() => {
		delete globalThis.SharedWorker;
		delete globalThis.BroadcastChannel;
	});
	const page = await context.newPage();
	const seen = watch(page);
	await stage(page, options);
	await page.goto(base + path);
	return { context, page, seen };
}

async function names() {
	const { context, page, seen } = await staged({}, "/flows");
	await until(
		page,
		"rows",
		(n) => document.querySelectorAll(".tr.flow").length === n,
		EVIL.length,
	);
	const shown = await page.$$eval('.tr.flow [data-col="dst"] bdi', (cells) =>
		cells.map((c) => c.textContent),
	);
	ok(shown.includes(EVIL[0]) && shown.includes(EVIL[1]), `not shown as text: ${shown}`);
	ok(
		shown.includes("evil\\u{202e}gnp.exe"),
		`a turning character is not escaped: ${JSON.stringify(shown[4])}`,
	);
	for (const where of [
		"/",
		"/devices?open=02:00:00:00:00:00",
		"/hosts",
		"/hosts/10.0.0.1",
		"/paths",
		"/history",
		"/alerts?show=alerts",
		"/log",
		"/log?show=acts",
		"/settings",
		`/flows/${flow("", 0).id}`,
	]) {
		await page.goto(base + where);
		await until(
			page,
			`${where} with what strangers chose`,
			([name, none]) =>
				document
					.querySelector(none ? "#main .panel" : "#main")
					?.textContent.includes(none ? "" : name),
			[EVIL[0], where === "/history"],
		);
		const bad = await page.evaluate(() => [
			globalThis.__xss,
			document.querySelectorAll(
				"main img, main script, main [onload], main [onerror], aside img",
			).length,
			globalThis.__violations.length,
		]);
		ok(bad[0] === undefined && bad[1] === 0 && bad[2] === 0, `${where}: ${bad}`);
		const links = await page.$$eval("a[href]", (all) =>
			all.map((a) => new URL(a.getAttribute("href"), location.href).protocol),
		);
		ok(
			links.every((p) => p.startsWith("http")),
			`${where}: a link with ${links.find((p) => !p.startsWith("http"))}`,
		);
	}
	ok(seen.dialogs === 0, "a script of a stranger ran");
	ok(seen.external.length === 0, `external: ${seen.external}`);
	await context.close();
	return `${EVIL.length} names on 9 pages`;
}

async function silent() {
	const { context, page } = await staged({ streamStatus: 0 }, "/flows");
	await until(page, "what to do", () =>
		document.querySelector(".notice")?.textContent.includes("does not answer"),
	);
	ok(
		(await page.locator(".notice").textContent()).includes("flowbpf attach"),
		"no command is named",
	);
	ok(
		await page.locator(".lamp", { hasText: "Reconnecting" }).count(),
		"the lamp does not say so",
	);
	await context.close();
}

async function signedOut() {
	const { context, page } = await staged({ streamStatus: 401, role: null }, "/flows");
	await page.getByRole("dialog", { name: /Sign in/ }).waitFor();
	ok(await page.getByLabel("Token").count(), "no field for a token");
	await context.close();
}

async function polling() {
	const { context, page } = await staged({ streamStatus: 204 }, "/flows");
	await until(
		page,
		"rows without a stream",
		() => document.querySelectorAll(".tr.flow").length > 0,
		null,
		12000,
	);
	ok(
		await page.locator(".lamp", { hasText: "Polling" }).count(),
		"the lamp does not say Polling",
	);
	await until(
		page,
		"how old an epoch is that does not move",
		() => /Delayed \d+ s/.test(document.querySelector(".lamp")?.textContent),
		null,
		12000,
	);
	await context.close();
}

/** What the strip says, the notes behind "more" included: our stream ends at once, so there are several. */
async function told(page, what, words) {
	await until(
		page,
		what,
		(text) => {
			document.querySelector('.strip button[aria-expanded="false"]')?.click();
			return document.querySelector(".strip")?.textContent.includes(text);
		},
		words,
	);
}

async function noConntrack() {
	const why = "the kernel has no conntrack";
	const { context, page } = await staged(
		{
			summary: summaryOf({
				conntrack: {
					available: false,
					reason: why,
					entries: null,
					max: null,
					overruns: 0,
					resyncs: 0,
				},
			}),
			caps: { conntrack: why, act: false },
		},
		"/flows",
	);
	await told(page, "the reason", why);
	await until(page, "rows all the same", () => document.querySelectorAll(".tr.flow").length > 0);
	await page.$eval(".tr.flow .row-menu button", (button) => button.click());
	ok(
		(await page
			.getByRole("menuitem", { name: /Delete conntrack entry/ })
			.getAttribute("aria-disabled")) === "true",
		"delete is offered",
	);
	await context.close();
}

async function nothingAttached() {
	const { context, page } = await staged({ summary: summaryOf({ interfaces: [] }) }, "/");
	await page.unroute("**/api/v1/**");
	await stage(page, {
		summary: summaryOf({
			interfaces: [{ name: "eth0", ifindex: 2, hook: "tcx", state: "gone" }],
		}),
	});
	await page.reload();
	await told(page, "the strip on a gone interface", "eth0 is gone");
	await context.close();
}

async function interfacesToCome() {
	const link = {
		name: "wg0",
		hook: "",
		state: "waiting",
		reason: null,
		packets: { rx: 9, tx: 9 },
	};
	const { context, page } = await staged(
		{
			summary: summaryOf({ interfaces: [link] }),
			health: {
				waits_for: "veth*, wg0",
				interfaces: [{ ...link, queue_dropped: 4711 }],
			},
		},
		"/settings",
	);
	await told(
		page,
		"the strip on one that is not there yet",
		word("strip.notThere", { name: "wg0" }),
	);
	const text = await page.locator(".card-box", { hasText: "Waits for" }).innerText();
	ok(text.includes("veth*, wg0"), `what is waited for is not said: ${text}`);
	ok(/4,711|4711|4\.7/.test(text), `what its queue dropped is not said: ${text}`);
	await context.close();
}

export async function hostileChecks() {
	await check("names that are code are text on every page", names);
	await check("a server that is silent: says so, and what to do", silent);
	await check("signed out: asks for a token", signedOut);
	await check("no stream to be had: polls and says so", polling);
	await check("no conntrack: the reason, rows all the same, no delete", noConntrack);
	await check("an interface that is gone is told", nothingAttached);
	await check("what is waited for, and what a queue dropped, is told", interfacesToCome);
}
