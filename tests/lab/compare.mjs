// SPDX-License-Identifier: BSD-2-Clause
// Compares `flowbpf replay` with the expected results beside each capture. TAP on stdout.
// compare.mjs FLOWBPF FOLDER KNOWN: KNOWN lists flows that differ, "capture<TAB>key<TAB>reason",
// at most one in a hundred; a listed flow that does not differ any more is a failure too.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const [binary, folder, knownFile] = process.argv.slice(2);
/** CAPTURES_EVERY=N: of captures every Nth only. */
const every = Number(process.env.CAPTURES_EVERY ?? 1);
const numbers = {
	...systemProtocols(),
	icmp: 1,
	igmp: 2,
	ip: 4,
	ipip: 4,
	tcp: 6,
	udp: 17,
	ipv6: 41,
	gre: 47,
	esp: 50,
	ah: 51,
	icmpv6: 58,
	ospf: 89,
	sctp: 132,
};
let n = 0;
let failed = 0;

const result = (ok, text, details = []) => {
	for (const line of details.slice(0, 12)) console.log(`#   ${line}`);
	console.log(`${ok ? "ok" : "not ok"} ${++n} - ${text}`);
	failed += ok ? 0 : 1;
};

function systemProtocols() {
	try {
		return Object.fromEntries(
			readFileSync("/etc/protocols", "utf8")
				.split("\n")
				.map((line) => line.match(/^([^#\s]+)\s+(\d+)/))
				.filter(Boolean)
				.map(([, name, number]) => [name.toLowerCase(), Number(number)]),
		);
	} catch {
		return {};
	}
}

// A protocol that the capture's reader could not name ("ip?", mostly later fragments) stands for any.
const protocol = (name) => {
	const lower = String(name).toLowerCase();
	if (lower === "ip?") return "*";
	const number = lower.match(/^(?:ip|proto)?(\d+)$/);
	return number ? Number(number[1]) : (numbers[lower] ?? lower);
};

const canonical = (ip) => (ip.includes(":") ? new URL(`http://[${ip}]`).hostname.slice(1, -1) : ip);

const tuple = (proto, ip1, port1, ip2, port2) => {
	const a = `${canonical(ip1)} ${port1}`;
	const b = `${canonical(ip2)} ${port2}`;
	return { key: a < b ? `${proto} ${a} ${b}` : `${proto} ${b} ${a}`, first: a <= b };
};

const entry = () => ({
	counts: [0, 0, 0, 0],
	sni: new Set(),
	alpn: new Set(),
	ja4: new Set(),
	ja4First: "",
	ech: "",
	by: "",
	rows: 0,
	http: [],
	dns: [],
	names: [],
});
const list = (text) => (text ? text.split(",") : []);
const printable = (name) =>
	[...Buffer.from(name, "utf8")]
		.map((byte) =>
			byte > 32 && byte < 127
				? String.fromCharCode(byte)
				: `\\x${byte.toString(16).padStart(2, "0")}`,
		)
		.join("");

function expected(file) {
	const [head, ...lines] = readFileSync(file, "utf8")
		.split("\n")
		.filter(Boolean)
		.map((line) => line.split("\t"));
	const flows = new Map();
	for (const line of lines) {
		const row = Object.fromEntries(head.map((name, i) => [name, line[i] ?? ""]));
		const { key, first } = tuple(
			protocol(row.proto),
			row.cli_ip,
			row.cli_port,
			row.srv_ip,
			row.srv_port,
		);
		const flow = flows.get(key) ?? entry();
		const counts = [row.pkts_c2s, row.pkts_s2c, row.ip_c2s, row.ip_s2c].map(Number);
		add(flow, counts, first);
		flow.rows++;
		if (row.by && (!flow.by || flow.by === "T")) flow.by = row.by;
		for (const name of list(row.sni)) flow.sni.add(name.toLowerCase());
		for (const name of list(row.alpn)) flow.alpn.add(name);
		for (const print of list(row.ja4)) flow.ja4.add(print);
		flow.ja4First ||= list(row.ja4)[0] ?? "";
		flow.ech ||= row.ech;
		// an address names nothing
		flow.http.push(
			...list(row.http_host).filter((name) => !/^([\d.]+|\[.*\])(:\d+)?$/.test(name)),
		);
		flow.dns.push(...list(row.dns_qname));
		flows.set(key, flow);
	}
	return flows;
}

function add(flow, [up, down, bytesUp, bytesDown], first) {
	const [a, b] = first ? [0, 1] : [1, 0];
	flow.counts[a] += up;
	flow.counts[b] += down;
	flow.counts[2 + a] += bytesUp;
	flow.counts[2 + b] += bytesDown;
}

function replayed(file) {
	const run = spawnSync(binary, ["replay", file, "--decap", "--json"], {
		encoding: "utf8",
		maxBuffer: 1 << 28,
		timeout: 60000,
	});
	if (run.status !== 0)
		return { error: `status ${run.status ?? run.signal}: ${run.stderr.trim().split("\n")[0]}` };
	const flows = new Map();
	for (const line of run.stdout.split("\n").filter(Boolean)) {
		const json = JSON.parse(line);
		const { key, first } = tuple(
			protocol(json.proto),
			json.src.ip,
			json.src.port ?? 0,
			json.dst.ip,
			json.dst.port ?? 0,
		);
		const flow = flows.get(key) ?? entry();
		add(flow, [json.packets.up, json.packets.down, json.bytes.up, json.bytes.down], first);
		if (json.tls?.sni) flow.sni.add(json.tls.sni);
		for (const name of json.tls?.alpn ?? []) flow.alpn.add(name);
		if (json.tls?.ja4) flow.ja4.add(json.tls.ja4);
		flow.ech ||= json.tls?.ech ? "ech" : json.tls?.esni ? "esni" : "";
		for (const { name, source } of json.names ?? [])
			flow.names.push(`${source} ${name.toLowerCase()}`);
		flows.set(key, flow);
	}
	return { flows };
}

// Where a row between two ends has no named protocol, all that is without ports between them is
// compared as one: the product counts a later fragment to the flow of its first one.
const portless = (flows, key) => {
	const [, ip1, port1, ip2, port2] = key.split(" ");
	const total = entry();
	for (const [other, flow] of flows) {
		const [, a, p, b, q] = other.split(" ");
		if (a === ip1 && b === ip2 && p === "0" && q === "0")
			flow.counts.forEach((value, i) => {
				total.counts[i] += value;
			});
	}
	return port1 === "0" && port2 === "0" ? total : null;
};

const known = new Map();
if (existsSync(knownFile)) {
	for (const line of readFileSync(knownFile, "utf8")
		.split("\n")
		.filter((line) => line && !line.startsWith("#"))) {
		const [capture, key] = line.split("\t");
		known.set(`${capture}\t${key}`, false);
	}
}

const total = {
	flows: 0,
	differ: 0,
	known: 0,
	named: 0,
	misnamed: 0,
	bonus: 0,
	bonusOf: 0,
	others: 0,
	othersWrong: 0,
	refused: [],
};

function counts(capture, want, got) {
	const details = [];
	for (const [key, flow] of want) {
		const mine = got.get(key) ?? entry();
		total.flows += flow.rows;
		if (String(mine.counts) === String(flow.counts)) continue;
		if (
			want.has(key.replace(/^\S+/, "*")) &&
			String(portless(got, key)?.counts) === String(portless(want, key)?.counts)
		)
			continue;
		total.differ += flow.rows;
		if (known.has(`${capture}\t${key}`)) {
			known.set(`${capture}\t${key}`, true);
			total.known += flow.rows;
			continue;
		}
		details.push(
			`${capture}\t${key}\tpackets ${mine.counts[0]},${mine.counts[1]} for ${flow.counts[0]},${flow.counts[1]}` +
				` bytes ${mine.counts[2]},${mine.counts[3]} for ${flow.counts[2]},${flow.counts[3]}`,
		);
	}
	result(details.length === 0, `${capture}: packets and IP bytes of ${want.size} flows`, details);
}

const set = (names) => [...names].map(printable).sort().join(",");
const raw = (names) => [...names].sort().join(",");

function names(capture, want, got) {
	const details = [];
	let judged = 0;
	for (const [key, flow] of want) {
		const mine = got.get(key) ?? entry();
		const same =
			set(mine.sni) === raw(flow.sni) &&
			set(mine.alpn) === raw(flow.alpn) &&
			mine.ja4.has(flow.ja4First || "none") === (flow.ja4First !== "") &&
			mine.ech === flow.ech;
		if (flow.by === "T") {
			total.bonusOf++;
			total.bonus += set(mine.sni) === raw(flow.sni) ? 1 : 0;
		} else if (flow.by) {
			judged++;
			total.named++;
			if (!same)
				details.push(
					`${capture}\t${key}\tSNI ${set(mine.sni)} for ${raw(flow.sni)}, ALPN ${set(mine.alpn)} for ${raw(flow.alpn)}, JA4 ${raw(mine.ja4)} for ${raw(flow.ja4)}, ECH ${mine.ech} for ${flow.ech}`,
				);
		}
		if (!flow.by && mine.sni.size)
			details.push(`${capture}\t${key}\tSNI ${set(mine.sni)} where there is none`);
	}
	total.misnamed += details.length;
	if (judged || details.length)
		result(details.length === 0, `${capture}: names of ${judged} flows`, details);
}

// HTTP over TCP in the clear: a Host of that flow; DNS on port 53: a question of that flow (the
// expected results stop at four). SSDP, mDNS and LLMNR ask for services, not for hosts.
function otherNames(capture, want, got) {
	const details = [];
	let judged = 0;
	for (const [key, flow] of want) {
		const mine = got.get(key)?.names ?? [];
		for (const [source, wanted] of [
			["http", flow.http],
			["dns", flow.dns],
		]) {
			const hosts = wanted.map(
				(name) => `${source} ${name.toLowerCase().replace(/:\d+$/, "").replace(/\.$/, "")}`,
			);
			const have = mine.filter((name) => name.startsWith(`${source} `));
			const applies =
				source === "http"
					? key.startsWith("6 ") && !flow.by
					: / 53( |$)/.test(key) && hosts.length < 4;
			if (!hosts.length || !applies) continue;
			judged++;
			if (!have.some((name) => hosts.includes(name)))
				details.push(`${capture}\t${key}\t${source}: ${have} for ${hosts.slice(0, 3)}`);
		}
	}
	total.others += judged;
	total.othersWrong += details.length;
	if (judged)
		result(
			details.length === 0,
			`${capture}: HTTP hosts and DNS questions of ${judged} flows`,
			details,
		);
}

const captures = readdirSync(folder, { withFileTypes: true })
	.filter((item) => item.isDirectory())
	.flatMap(({ name: source }) =>
		readdirSync(join(folder, source))
			.filter((file) => file.endsWith(".tsv"))
			.map((file) => `${source}/${file.slice(0, -4)}`),
	)
	.filter((_, i) => i % every === 0);
for (const capture of captures) {
	const { flows, error } = replayed(join(folder, capture));
	if (error) {
		total.refused.push(capture);
		result(false, `${capture} is replayed`, [error]);
		continue;
	}
	const want = expected(join(folder, `${capture}.tsv`));
	counts(capture, want, flows);
	names(capture, want, flows);
	otherNames(capture, want, flows);
}
const stale = [...known].filter(([, seen]) => !seen && every === 1).map(([key]) => key);
result(stale.length === 0, "every flow that is listed as differing does differ", stale);
if (every === 1)
	// the share of a few captures says nothing
	result(
		total.known * 100 <= total.flows,
		`${total.known} of ${total.flows} flows are listed as differing, at most one in a hundred`,
	);
console.log(
	`# flows ${total.flows}, differing ${total.differ} (${total.known} listed); named flows ${total.named}, wrong ${total.misnamed}; ` +
		`HTTP and DNS ${total.others}, wrong ${total.othersWrong}; bonus names ${total.bonus} of ${total.bonusOf}; refused ${total.refused.length}`,
);
process.exit(failed ? 1 : 0);
