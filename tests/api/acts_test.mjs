// SPDX-License-Identifier: BSD-2-Clause
// Acts and their record: what is looked at, refused and done, and what is told of it.
import { answers } from "./documented.mjs";
import { login } from "../login.mjs";
import { base, check, finish, request } from "./raw.mjs";

const many = { path: "/api/v1/flows", method: "DELETE" };
const one = { path: "/api/v1/flows/{id}", method: "DELETE" };

async function counters() {
	const all = (await request("/api/v1/health")).json.counters;
	return { shown: all.previews_shown.value, evicted: all.previews_evicted.value };
}

/** The newest act; a thread writes them down, so it may be a moment until it is the one. */
async function newest(is) {
	for (let i = 0; ; i++) {
		const last = (await request("/api/v1/audit")).json.items.at(-1);
		if ((last && is(last)) || i === 100) return last;
		await new Promise((done) => setTimeout(done, 20));
	}
}

await answers("/api/v1/flows/0000000000000001?reason=%3Cb%3E%22none", { ...one, status: 404 });
{
	const act = await newest((act) => act.flow === "0000000000000001");
	check(
		"an act that was refused is on record",
		act?.act === "forget" &&
			!act.ok &&
			!act.dry_run &&
			act.preview === null &&
			act.role === "admin" &&
			act.reason === '<b>"none' &&
			act.result === "there is no such flow",
		JSON.stringify(act),
	);
}
{
	const seen = await answers("/api/v1/flows?proto=tcp&dry_run=true", many);
	const act = await newest((act) => act.dry_run);
	check(
		"a dry run is on record, with what it showed",
		act.ok &&
			act.preview.flows === seen.json.matched &&
			act.preview.entries === seen.json.entries,
		JSON.stringify(act),
	);
}
{
	await answers("/api/v1/flows?live=both&at_most=0", { ...many, status: 409 });
	const act = await newest((act) => !act.dry_run && !act.ok && act.flow === null);
	check(
		"what is refused for there are more is on record",
		act.result === "more match than were shown" && act.preview.flows > 0 && act.count === null,
		JSON.stringify(act),
	);
}
{
	const { head, items, kept } = (await answers("/api/v1/audit")).json;
	check(
		"each line has the hash of one before, the numbers have no gap",
		items.every((act, i) => !i || act.seq === items[i - 1].seq + 1) &&
			new Set(items.map((act) => act.prev)).size === items.length &&
			items.at(-1).seq === head.seq &&
			kept === false,
	);
	const newer = await answers(`/api/v1/audit?after=${head.seq - 1}&since=1h`);
	check("only the newer ones", newer.json.items[0].seq === head.seq, JSON.stringify(newer.json));
	const later = await answers("/api/v1/audit?since=2099-01-01");
	check("... none", later.json.items.length === 0);
	await answers("/api/v1/audit?since=soon", { status: 400 });
}
{
	const silence = (seconds, status = 200) =>
		answers("/api/v1/alert-silences", {
			method: "POST",
			status,
			body: { rule: "disk", seconds },
		});
	await silence(60);
	const { silences } = (await answers("/api/v1/alerts")).json;
	check("a silence is listed", silences[0].rule === "disk", JSON.stringify(silences));
	await silence(0);
	await silence(0, 404);
	const { items } = (await answers("/api/v1/alert-rules")).json;
	check(
		"rules of alerts are ready",
		items.some((rule) => rule.name === "disk" && rule.source === "ready"),
	);
	const rules = "/api/v1/alert-rules";
	const rule = (method, name, body, status = 200) =>
		answers(name ? `${rules}/named/${name}` : rules, {
			path: name ? `${rules}/named/{name}` : rules,
			method,
			body,
			status,
		});
	const words = {
		filter: "dst.port=443",
		measure: "flows",
		than: ">",
		limit: "900",
		by: "src.ip",
	};
	const made = (await rule("POST", "", { name: "busy443", ...words })).json;
	check(
		"words are a rule",
		made.rule === "busy443: dst.port=443 | flows > 900 by src.ip",
		made.rule,
	);
	await rule("POST", "", { rule: made.rule }, 409);
	await rule("POST", "", { rule: made.rule, ...words }, 400);
	await rule("POST", "", { name: "x", ...words, for: "5m severity info" }, 400);
	await rule("PUT", "busy443", { rule: "busy443: flows > 901" });
	await rule("PUT", "busy443", { rule: "other: flows > 901" }, 400);
	await rule("PUT", "disk", { on: false, reason: "a test" });
	const { off } = (await answers(rules)).json;
	check("a ready one is off", off.length === 1 && off[0].name === "disk" && off[0].by === "made");
	await rule("PUT", "disk", { on: true });
	await rule("DELETE", "disk", undefined, 409);
	await rule("DELETE", "busy443");
	await rule("DELETE", "busy443", undefined, 404);
	const parses = async (body, status = 200) =>
		(await answers(`${rules}/validate`, { method: "POST", body, status })).json;
	const both = await parses({ rule: "a: dst.prt=1 | flows > 2 for 5m" });
	check(
		"a rule is shown in its words, and where it is wrong",
		!both.ok && both.words.for === "5m" && both.error.offset === 3 && both.error.length === 7,
		both,
	);
	check("one that parses", (await parses({ name: "a", ...words })).error === null);
	await parses({ rule: 5 }, 400);
	const hide = (body, status = 200) =>
		answers("/api/v1/incident-silences", { method: "POST", status, body });
	const show = (id, status = 200) =>
		answers(`/api/v1/incident-silences/${id}`, {
			path: "/api/v1/incident-silences/{id}",
			method: "DELETE",
			status,
		});
	const { silence: number } = (await hide({ kind: "scan", host: "192.0.2.7", seconds: 60 })).json;
	const hidden = (await answers("/api/v1/incident-silences")).json.items;
	check(
		"a silence of incidents is listed",
		hidden.some((one) => one.id === number && one.kind === "scan" && one.peer === null),
		JSON.stringify(hidden),
	);
	await show(number);
	await show(number, 404);
	await show("x", 404);
	for (const body of [{}, { kind: "luck" }, { peer: "192.0.2.1", kind: "scan" }, { host: "x" }])
		await hide(body, 400);
	const list = "/api/v1/incidents";
	await answers(`${list}?severity=high&state=open&silenced=all&limit=5&host=192.0.2.7&kind=scan`);
	for (const bad of ["severity=worst", "kind=luck", "host=x", "state=ajar", "limit=0"])
		await answers(`${list}?${bad}`, { status: 400 });
	const automation = "/api/v1/automation";
	const look = (body, status = 200) =>
		answers(`${automation}/preview`, { method: "POST", status, body });
	const turn = (method, kind, direction, body, status = 200) =>
		answers(`${automation}/${kind}/${direction}`, {
			path: `${automation}/{kind}/{direction}`,
			method,
			status,
			body,
		});
	const on = async () =>
		(await answers(automation)).json.switches.filter((one) => one.on).map((one) => one.kind);
	check("nothing may act by itself at first", !(await on()).length);
	for (const body of [{}, { kind: "beacon", direction: "external-internal" }, { kind: "scan" }])
		await look(body, 400);
	const asked = { kind: "scan", direction: "internal-external" };
	await look({ ...asked, for: 86401 }, 400);
	const { token, seconds } = (await look({ ...asked, for: 60 })).json;
	check("a preview says for how long", seconds === 60, seconds);
	await turn("PUT", "scan", "internal-external", {}, 400);
	await turn("PUT", "scan", "inside-out", { token }, 404);
	await turn("PUT", "port", "internal-external", { token }, 404);
	await answers("/api/v1/acts", { method: "POST", status: 410, body: { token } });
	await turn("PUT", "scan", "internal-external", { token, reason: "tried" });
	check("what was shown is on", (await on()).join() === "scan");
	await turn("PUT", "scan", "internal-external", { token }, 410);
	const done = await newest((act) => act.act === "automate" && !act.dry_run);
	check(
		"that is on record",
		done.target === "scan, internal-external: limit for 60 s" && done.reason === "tried",
		JSON.stringify(done),
	);
	await turn("DELETE", "scan", "internal-external");
	await turn("DELETE", "scan", "x", undefined, 404);
	check("and off again", !(await on()).length);
	const attempt = (rule, { since = "1h", status = 200 } = {}) =>
		answers(`/api/v1/alert-rules/try?since=${since}`, {
			path: "/api/v1/alert-rules/try",
			method: "POST",
			status,
			body: { rule },
		});
	await attempt("a: proto=tcp | flows > 1 by src.ip");
	const full = (await attempt("a: disk > 90")).json;
	check("what history cannot tell is said", full.times === null && /how full/.test(full.lack));
	await attempt("a: disk full", { status: 400 });
	await attempt("a: flows > 1", { since: "30d", status: 400 });
}
{
	const shown = await answers("/api/v1/acts/preview", {
		method: "POST",
		body: { verb: "forget", proto: "tcp" },
	});
	const { token, matched, entries, left_out, hosts, sample, target } = shown.json;
	check(
		"a preview tells how many, whose, and what is left out",
		/^[0-9a-f]{32}$/.test(token) &&
			entries > 0 &&
			matched - entries === left_out.reduce((sum, one) => sum + one.flows, 0) &&
			hosts > 0 &&
			hosts <= matched &&
			sample.length > 0 &&
			target === 'flows that match "proto=tcp"',
		JSON.stringify({ ...shown.json, sample: sample.length }),
	);
	const act = await newest((act) => act.dry_run && act.preview.flows === matched);
	check("... and is on record", act.target === target, JSON.stringify(act));
	const acts = { method: "POST", status: 410 };
	const other = await login(base.href, "operator");
	const headers = { Cookie: `${other.name}=${other.value}` };
	await answers("/api/v1/acts", { ...acts, body: { token }, headers }); // another's session
	await answers("/api/v1/acts", { ...acts, body: { token: "0".repeat(32) } });
	await answers("/api/v1/acts", { ...acts, body: { token: "" } });
	const none = await answers("/api/v1/acts/preview", {
		method: "POST",
		body: { verb: "forget", filter: "src.port = 1 and src.port = 2" },
	});
	check("nothing to do has no token", none.json.token === null && none.json.matched === 0);
	for (const [path, body] of [
		["acts/preview", {}],
		["acts/preview", { verb: "forge" }],
		["acts/preview", { verb: "forget", filter: "src.prot = 1" }],
		["acts/preview", { verb: "forget", filter: 1 }],
		["acts/preview", { verb: "forget", fields: "id" }],
		["acts", {}],
		["acts", { token, reason: "x".repeat(201) }],
		["acts", { token, more: 1 }],
	])
		await answers(`/api/v1/${path}`, { method: "POST", status: 400, body });
	const kill = await answers("/api/v1/acts/preview", {
		method: "POST",
		body: { verb: "kill", live: "both", proto: "tcp" },
	});
	check(
		"what cannot be ended is left out, and told by what",
		kill.json.matched - kill.json.entries ===
			kill.json.left_out.reduce((sum, one) => sum + one.flows, 0) &&
			kill.json.left_out.every((one) => one.flows > 0 && one.detail),
		JSON.stringify({ ...kill.json, sample: 0 }),
	);
	const { shown: n, evicted } = await counters();
	for (let i = 0; i < 70; i++)
		await request("/api/v1/acts/preview", {
			method: "POST",
			body: { verb: "forget", proto: "tcp" },
		});
	const now = await counters();
	check("64 are kept, the rest made room", now.shown - n === 70 && now.evicted - evicted >= 7);
	await answers("/api/v1/acts", { ...acts, body: { token } }); // the first of them
}
finish();
