// SPDX-License-Identifier: BSD-2-Clause
// Numbers and hostile text as people read them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const fmt = await load("core/format.ts");
const { endMatters, isCut, safe, endpoint, networkOf, domainOf } = await load("core/text.ts");

test("bytes have three digits and a unit", () => {
	const cases = [
		[0, "0 B"],
		[999, "999 B"],
		[1000, "1.00 kB"],
		[1240000, "1.24 MB"],
		[12400000, "12.4 MB"],
		[999600, "1.00 MB"],
		[9999, "10.0 kB"],
		[99960, "100 kB"],
		[1.4e9, "1.40 GB"],
		[null, "–"],
	];
	for (const [n, text] of cases) assert.equal(fmt.bytes(n), text);
	assert.equal(fmt.bytes(1536, { rate: "bytes", base: "iec" }), "1.50 KiB");
});

test("rates follow the unit that was chosen", () => {
	assert.equal(fmt.rate(8000), "8.00 kbit/s");
	assert.equal(fmt.rate(8000, { rate: "bytes", base: "si" }), "1.00 kB/s");
	assert.equal(fmt.rate(0), "0 bit/s");
});

test("durations show two parts", () => {
	const cases = [
		[0, "0 ms"],
		[420, "420 ms"],
		[1000, "1s"],
		[61000, "1m 1s"],
		[8100000, "2h 15m"],
		[90061000, "1d 1h"],
		[3600000, "1h"],
		[null, "–"],
	];
	for (const [ms, text] of cases) assert.equal(fmt.duration(ms), text);
});

test("the finest durations are parts of a millisecond", () => {
	assert.deepEqual([0.08, 3.25, 12, 61000].map(fmt.durationFine), [
		"0.08 ms",
		"3.25 ms",
		"12 ms",
		"1m 1s",
	]);
});

test("microseconds have three digits too", () => {
	assert.deepEqual([0, 134, 29319, 1500000].map(fmt.micros), ["0 µs", "134 µs", "29.3 ms", "1s"]);
});

test("round rates on axes lose their zeros", () => {
	assert.deepEqual(
		[0, 20e6, 2.5e6, 100e3, 512].map((n) => fmt.rateTick(n)),
		["0", "20 Mbit/s", "2.5 Mbit/s", "100 kbit/s", "512 bit/s"],
	);
});

test("a share is never shown as nothing when it is something", () => {
	assert.equal(fmt.percent(1, 1000000), "<0.1 %");
	assert.equal(fmt.percent(1, 3), "33 %");
	assert.equal(fmt.percent(0, 0), "–");
	assert.deepEqual(
		[0, 9.4, 9.97, 100].map((n) => fmt.percent(n, 100)),
		["0 %", "9.4 %", "10 %", "100 %"],
	);
});

test("hidden and turning characters are shown as escapes", () => {
	assert.equal(safe("evil\u202egnp.exe"), "evil\\u{202e}gnp.exe");
	assert.equal(safe("a\u0000b\u200bc\u{e0041}"), "a\\u{0}b\\u{200b}c\\u{e0041}");
	assert.equal(safe("bücher.example"), "bücher.example");
	assert.equal(safe("x".repeat(400)).length, 255);
	assert.ok(isCut("x".repeat(256)) && !isCut("x".repeat(255)));
	assert.equal(safe(null), "");
});

test("of a name on the net the end matters, of a host's own name the beginning", () => {
	assert.ok(endMatters("login.bank.example.evil.org") && endMatters("www.example.com"));
	for (const name of ["laptop-ana.local", "nas", "www.bücher.example"])
		assert.ok(!endMatters(name), name);
});

test("addresses with ports, networks, domains", () => {
	assert.equal(endpoint("10.0.0.1", 443), "10.0.0.1:443");
	assert.equal(endpoint("fe80::1", 443), "[fe80::1]:443");
	assert.equal(endpoint("10.0.0.1", null), "10.0.0.1");
	assert.equal(networkOf("192.0.2.77"), "192.0.2.0/24");
	assert.equal(networkOf("2001:db8:1:2:3::4"), "2001:db8:1:2::/64");
	assert.equal(networkOf("2001:db8::1"), "2001:db8:0:0::/64");
	assert.equal(domainOf("www.example.com"), "example.com");
	assert.equal(domainOf("a.b.co.uk"), "b.co.uk");
	assert.equal(domainOf("10.0.0.1"), null);
});
