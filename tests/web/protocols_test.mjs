// SPDX-License-Identifier: BSD-2-Clause
// Protocols and services are written as their field does, and found by what is read.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { load } from "./load.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const { protocolName, serviceName } = await load("core/protocols.ts");
const defs = readFileSync(join(root, "user/enrich/services.def"), "utf8");
const services = [...defs.matchAll(/^SERVICE\(\w+, \d+, "([^"]+)"\)/gm)].map(([, name]) => name);

test("capitals where the field has them", () => {
	for (const name of ["HTTPS", "DNS", "SSH", "TLS", "QUIC", "mDNS", "ICMPv6", "DNS-over-TLS"])
		assert.equal(protocolName(name.toLowerCase()), name);
	assert.equal(protocolName("ICMPV6"), "ICMPv6");
	assert.equal(serviceName("https (Deutsche Telekom AG)"), "HTTPS (Deutsche Telekom AG)");
	assert.equal(serviceName("wireguard"), "WireGuard");
});

test("every service of the table keeps its letters", () => {
	assert.ok(services.length > 70);
	for (const name of services) assert.equal(serviceName(name).toLowerCase(), name);
});

test("a service that is a word or a name is not shouted", () => {
	const abbreviations = ["ISAKMP"];
	const shouted = services
		.flatMap((name) => serviceName(name).split("-"))
		.filter((word) => /^[A-Z0-9]{6,}$/.test(word) && !abbreviations.includes(word));
	assert.deepEqual(shouted, []);
});

test("what a stranger chose stays as it is", () => {
	for (const text of ["<script>x</script>", "a b", "", "évil", "sélect (x)"])
		assert.equal(serviceName(text), text);
});
