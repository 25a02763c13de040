// SPDX-License-Identifier: BSD-2-Clause
// Sums by country and the shades of the map.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { placesOf, termOf } = await load("pages/map/places.ts");
const { shadeOf, shadesOf } = await load("charts/shades.ts");
const { countryName, flagOf } = await load("core/country.ts");

const group = (code, scope, flows, up, down) => ({
	keys: [code, scope],
	flows,
	bytes: { up, down },
	rate_bps: { up: 8 * up, down: 8 * down },
});
const groups = [
	group("DE", "internal-external", 2, 10, 100),
	group("DE", "external", 1, 1, 2),
	group("", "internal", 4, 5, 6),
	group("", "internal-external", 3, 7, 8),
	group("", "external-internal", 9, 1, 1),
];

test("a country is the sum of its scopes; what it sent is the other direction at the other end", () => {
	const [de] = placesOf(groups, "dst");
	assert.deepEqual(de, {
		key: "DE",
		count: 3,
		bytes: 113,
		rate_bps: 904,
		sent: 102,
		received: 11,
	});
	assert.equal(placesOf(groups, "src")[0].sent, 11);
});

test("without a country it is private on the inside, and not known outside", () => {
	const of = (end) => Object.fromEntries(placesOf(groups, end).map((p) => [p.key, p.count]));
	assert.deepEqual(of("dst"), { DE: 3, private: 13, unknown: 3 });
	assert.deepEqual(of("src"), { DE: 3, private: 7, unknown: 9 });
});

test("each place has a filter of its own", () => {
	assert.equal(termOf("DE", "src"), "src.country=DE");
	assert.equal(
		termOf("private", "dst"),
		'not dst.country~"" and scope in (internal, external-internal)',
	);
	assert.equal(
		termOf("unknown", "src"),
		'not src.country~"" and scope in (external-internal, external)',
	);
});

test("shades begin at 1, 3, 10, ... below the most", () => {
	assert.deepEqual(shadesOf(5.3e9), [3e9, 1e9, 3e8, 1e8]);
	assert.deepEqual(shadesOf(40, 0.5), [30, 10, 3, 1]);
	assert.deepEqual(shadesOf(2, 0.5), [1]);
	assert.deepEqual(shadesOf(0), []);
	assert.equal(shadeOf(4e9, shadesOf(5.3e9)), 5);
	assert.equal(shadeOf(2e8, shadesOf(5.3e9)), 2);
	assert.equal(shadeOf(7, shadesOf(5.3e9)), 1);
	assert.equal(shadeOf(2, shadesOf(2, 0.5)), 5);
});

test("flags are two letters of text, and only a country has one", () => {
	assert.equal(flagOf("DE"), "\u{1f1e9}\u{1f1ea}");
	assert.equal(flagOf("x<"), "");
	assert.equal(countryName("DE"), "Germany");
	assert.equal(countryName("not one"), "not one");
});
