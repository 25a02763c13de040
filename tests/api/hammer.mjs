// SPDX-License-Identifier: BSD-2-Clause
// Random requests: valid, half valid, cut off, corrupted, reset in the middle; streams that begin,
// change their views, go, or are not read; logins that come and end. FLOWBPF_URL, FLOWBPF_SOCKET;
// HAMMER_SECONDS, SEED. Ends with how many answers of which kind came; whether the daemon lived is for the
// caller to see.
import net from "node:net";
import { link } from "../login.mjs";
import { base, operator, port, sleep } from "./raw.mjs";

let seed = Number(process.env.SEED || 1);
const until = Date.now() + 1000 * Number(process.env.HAMMER_SECONDS || 10);
const answers = new Map();
const sids = [];

function random() {
	seed = (seed + 0x6d2b79f5) | 0;
	let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
	t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
	return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const below = (n) => Math.floor(random() * n);
const one = (list) => list[below(list.length)];
const chance = (p) => random() < p;

const FIELDS =
	"id src.ip src.port src.host dst.ip dst.port dst.host proto state service bytes bytes.up rate_bps duration_ms first_seen scope tls.sni iface nat.src partial".split(
		" ",
	);
const FILTERS = [
	"",
	"dst.port = 443",
	"ip = 198.51.100.0/24",
	"bytes > 1kB",
	"not (proto = udp)",
	"state in (NEW,ESTABLISHED)",
	"first_seen > -5m",
	"((((port = 1))))",
	'dst.host ~ "a"',
	"bytes >",
	'"',
	"port in (1,2,3,4,5)",
	"rate_bps.up > 1Mbit",
];
const PLAIN =
	"/api/v1/health /api/v1/summary /api/v1/log?since=0 /api/v1/windows /api/v1/session /api/v1/fields /api/v1/openapi.json /api/v1/series?metric=bytes&by=proto&range=300 / /api/status /api/connections /api/history".split(
		" ",
	);
const which = () =>
	`filter=${encodeURIComponent(one(FILTERS))}&live=${one(["live", "both", "closed", "x"])}`;

const view = () => ({
	...(chance(0.9) ? { view: one([..."abcdefgh"]) } : {}),
	filter: one(FILTERS),
	limit: one([1, 50, 300, 100000]),
	...(chance(0.7) ? { sort: one(["-bytes", "dst.ip", "-rate_bps", "zzz"]) } : {}),
	...(chance(0.2) ? { hold: true } : {}),
	...(chance(0.2) ? { group_by: one(FIELDS) } : {}),
});

const REQUESTS = [
	() => [
		"GET",
		`/api/v1/flows?${which()}&limit=${one([0, 1, 100, 1000, 99999])}&sort=-${one(FIELDS)}`,
	],
	() => ["GET", `/api/v1/flows?${which()}&group_by=${one(FIELDS)}`],
	() => ["GET", `/api/v1/flows?${which()}&fields=${one(FIELDS)},${one(FIELDS)}`],
	() => ["GET", `/api/v1/aggregate/${one(FIELDS)}?${which()}&top_n=${below(60)}`],
	() => ["GET", `/api/v1/matrix/${one(FIELDS)}/${one(FIELDS)}?${which()}`],
	() => ["GET", `/api/v1/sankey?dims=${one(FIELDS)},${one(FIELDS)},${one(FIELDS)}`],
	() => ["GET", `/api/v1/export.${one(["csv", "json", "ndjson"])}?${which()}`],
	() => ["GET", `/api/v1/hosts?${which()}&limit=${below(300)}`],
	() => ["GET", "/api/v1/listeners"],
	() => ["GET", `/api/v1/quality?${which()}&by=${one(FIELDS)}&top_n=${below(120)}`],
	() => ["GET", `/api/v1/processes?${which()}&limit=${below(300)}`],
	() => ["GET", `/api/v1/hosts/198.51.100.${below(9)}`],
	() => ["GET", one(PLAIN)],
	() => ["GET", `/api/v1/filter/complete?q=${encodeURIComponent(one(FILTERS))}&pos=${below(12)}`],
	() => ["POST", "/api/v1/filter/validate", { filter: one(FILTERS) }],
	() => ["POST", "/api/v1/session", { token: "wrong-token-of-nobody" }],
	() => ["DELETE", "/api/v1/session"],
	() => ["DELETE", `/api/v1/flows/${below(2 ** 32).toString(16)}`],
	() => ["DELETE", "/api/v1/conntrack", { confirm: one(["flush", "no"]) }],
	() => ["PUT", `/api/v1/stream/${one(sids) ?? "0"}/view`, view()],
	() => ["PUT", `/api/v1/stream/${one(sids) ?? "0"}/view`, view()],
	() => ["DELETE", `/api/v1/stream/${one(sids) ?? "0"}/view/${one([..."abcdefgh"])}`],
];

function encode([method, path, body], who) {
	const text = body === undefined ? "" : JSON.stringify(body);
	const head = [
		`${method} ${path} HTTP/1.1`,
		`Host: 127.0.0.1:${port}`,
		...(who ? [`Cookie: ${who}`] : []),
		...(method === "GET" ? [] : ["X-Flowbpf-CSRF: 1"]),
		...(text ? ["Content-Type: application/json", `Content-Length: ${text.length}`] : []),
	];
	const bytes = Buffer.from(`${head.join("\r\n")}\r\n\r\n${text}`, "latin1");
	if (chance(0.03)) return bytes.subarray(0, below(bytes.length));
	for (let i = chance(0.05) ? 1 + below(4) : 0; i > 0; i--)
		bytes[below(bytes.length)] = below(256);
	return bytes;
}

const note = (what) => answers.set(what, (answers.get(what) ?? 0) + 1);

/**
 * Some requests over one connection, which ends after `ms`, or after `quiet` since what came last, or
 * is reset.
 */
function talk(bytes, ms, onData = () => {}, quiet = 0) {
	return new Promise((resolve) => {
		const socket = net.connect({ port, host: base.hostname });
		let timer = setTimeout(() => socket.destroy(), ms);
		socket.on("data", (data) => {
			if (quiet) {
				clearTimeout(timer);
				timer = setTimeout(() => socket.destroy(), quiet);
			}
			const status = /^HTTP\/1\.1 (\d)/.exec(data.toString("latin1", 0, 12));
			if (status) note(`${status[1]}xx`);
			onData(data, socket);
			if (chance(0.02)) socket.resetAndDestroy?.();
		});
		socket.on("error", () => note("reset"));
		socket.on("close", () => {
			clearTimeout(timer);
			resolve();
		});
		socket.on("connect", () => {
			for (const piece of bytes) socket.write(piece);
			if (chance(0.1)) socket.destroy();
		});
	});
}

async function requests() {
	while (Date.now() < until) {
		const who = chance(0.8) ? operator.Cookie : "";
		await talk(
			Array.from({ length: 1 + below(4) }, () => encode(one(REQUESTS)(), who)),
			500,
			undefined,
			30,
		);
	}
}

async function streams(n) {
	while (Date.now() < until) {
		const read = chance(0.7);
		const query = chance(0.5) ? `&view=${encodeURIComponent(JSON.stringify(view()))}` : "";
		let mine;
		await talk(
			[encode(["GET", `/api/v1/stream?session=h${n}x${below(3)}${query}`], "")],
			200 + below(2500),
			(data, socket) => {
				mine ??= /"sid":"([0-9a-f]{32})"/.exec(data.toString("latin1"))?.[1];
				if (mine && !sids.includes(mine)) sids.push(mine);
				if (!read) socket.pause();
			},
		);
		if (sids.length > 40) sids.splice(0, 20);
	}
}

/** Logins with streams that end by logout, or by those that come after them. */
async function logins() {
	while (Date.now() < until) {
		const token = new URL(await link(one(["viewer", "operator"]))).hash.replace("#login=", "");
		let cookie = "";
		await talk([encode(["POST", "/api/v1/session", { token }], "")], 300, (data) => {
			cookie ||= /Set-Cookie: ([^;]*)/i.exec(data.toString("latin1"))?.[1] ?? "";
		});
		const stream = talk([encode(["GET", "/api/v1/stream"], cookie)], 3000);
		await sleep(below(300));
		if (chance(0.5)) await talk([encode(["DELETE", "/api/v1/session"], cookie)], 200);
		if (chance(0.3)) await stream;
	}
}

await Promise.all([
	...Array.from({ length: 4 }, requests),
	...Array.from({ length: 6 }, (_, n) => streams(n)),
	...Array.from({ length: 2 }, logins),
]);
console.log(
	[...answers]
		.sort()
		.map(([what, n]) => `${what} ${n}`)
		.join(", "),
);
process.exit((answers.get("2xx") ?? 0) > 0 && (answers.get("4xx") ?? 0) > 0 ? 0 : 1);
