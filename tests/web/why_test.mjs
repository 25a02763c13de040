// SPDX-License-Identifier: BSD-2-Clause
// Why a fact of a flow is not known: by the flow and by what the daemon looks for.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { load } from "./load.mjs";

const { whyUnknown } = await load("pages/flows/why.ts");
const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

const FLOW = {
	proto: "tcp",
	l7: null,
	direction: "out",
	scope: "internal-external",
	partial: false,
	closed: null,
	tls: null,
	first_seen: "2026-01-01T00:01:00.000Z",
	src: { mac: null },
	dst: { mac: null },
};
const LOOKS = {
	knows: { owner: true, owner_lack: null, quality: true, places: true, lists: true },
	conntrack: { available: true, reason: null },
	started: "2026-01-01T00:00:00.000Z",
};
const knows = (more) => ({ ...LOOKS, knows: { ...LOOKS.knows, ...more } });
const older = { first_seen: "2025-12-31T23:59:59.000Z" };

// field, what is other of the flow, of the daemon, and what is said
for (const [field, flow, looks, said] of [
	["owner.process", {}, {}, /^No socket of this host/],
	["owner.process", { direction: "forward" }, {}, /^Forwarded: no process here$/],
	["owner.process", older, {}, /^The socket is older than flowbpf$/],
	["owner.process", {}, knows({ owner: false }), /--no-owner$/],
	["owner.process", {}, knows({ owner_lack: "no BTF" }), /^no BTF$/],
	["owner.process", { direction: "forward" }, knows({ owner_lack: "no BTF" }), /^Forwarded/],
	["dst.host", {}, {}, /^No hello seen yet/],
	["dst.host", { tls: { ech: true, sni: null } }, {}, /encrypted hello/],
	["dst.host", { partial: true }, {}, /^Met in mid-stream/],
	["dst.host", { tls: { sni: null }, l7: "tls" }, {}, /^Its hello has no name/],
	["dst.host", { proto: "icmp" }, {}, /^No name seen/],
	["src.host", {}, {}, /^It gave no name/],
	["src.host", { scope: "external-internal" }, {}, /outside/],
	["dst.device", {}, {}, /^Outside/],
	["src.device", {}, {}, /^It is this machine itself$/],
	["src.device", { direction: "forward" }, {}, /^No neighbour here/],
	["src.device", { direction: "in", src: { mac: "02:00:00:00:00:01" } }, {}, /several hosts/],
	["src.vendor", { src: { mac: "00:00:00:00:00:01" } }, {}, /flowbpf doctor$/],
	["dst.country", {}, {}, /^No database has a country/],
	["dst.country", {}, knows({ places: false }), /^No data: sudo make geo$/],
	["dst.country", { scope: "internal" }, {}, /^Private address/],
	["src.country", {}, {}, /^Private address/],
	["src.org", { scope: "external-internal" }, {}, /^No database has a network/],
	["latency.up_ms", {}, {}, /^No data was acknowledged yet$/],
	["latency.down_ms", { proto: "udp" }, {}, /^Only TCP/],
	["loss", { proto: "udp" }, knows({ quality: false }), /--quality off$/],
	["rtt_ms", {}, knows({ quality: false }), /^The handshake is not complete$/],
	["rtt_ms", { partial: true }, {}, /^Met in mid-stream/],
	["tls.hello_ms", { l7: "tls" }, {}, /^No answer seen yet$/],
	["tls.hello_ms", { l7: "tls", partial: true }, {}, /^Met in mid-stream/],
	["dns.answer_ms", { l7: "dns", proto: "udp" }, {}, /^No answer seen yet$/],
	["list", {}, {}, /^On no list$/],
	["list", {}, knows({ lists: false }), /--list$/],
	["tls.ja4", {}, {}, /^No TLS or QUIC hello seen yet$/],
	["tls.ja4", { l7: "dns" }, {}, /^Not TLS$/],
	["conntrack.id", {}, {}, /^No conntrack entry$/],
	["conntrack.id", { closed: { reason: "fin" } }, {}, /gone$/],
	[
		"conntrack.id",
		{},
		{ ...LOOKS, conntrack: { available: false, reason: "no module" } },
		/^No conntrack here: no module$/,
	],
	["nat.kind", {}, {}, /^Not translated here$/],
	["vlan", {}, {}, /^No VLAN tag$/],
	["service", {}, {}, /^Neither port/],
	["counted_by", {}, {}, /nf_conntrack_acct$/],
])
	test(`${field} with ${JSON.stringify({ ...flow, ...looks.knows })}: ${said.source}`, () => {
		const why = whyUnknown(field, { ...FLOW, ...flow }, { ...LOOKS, ...looks });
		assert.match(why, said);
	});

test("details of what is unknown say nothing", () => {
	assert.equal(whyUnknown("owner.exe", FLOW, LOOKS), null);
	assert.equal(whyUnknown("dns.answer_ms", FLOW, LOOKS), null);
});

test("each field that says why is one of the server's", () => {
	const source = readFileSync(join(root, "web/src/pages/flows/why.ts"), "utf8");
	const table = source.slice(source.indexOf("const RULES"), source.indexOf("/** A short"));
	const asked = [...table.matchAll(/^\t"?([\w.]+)"?: /gm)].map(([, name]) => name);
	const defs = readFileSync(join(root, "user/flow/fields.def"), "utf8");
	const served = new Set(
		[...defs.matchAll(/^(?:FIELD|LIST)\(\w+, "([^"]+)"/gm)].map((m) => m[1]),
	);
	assert.ok(asked.length > 15);
	assert.deepEqual(
		asked.filter((name) => !served.has(name)),
		[],
	);
});
