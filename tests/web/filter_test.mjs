// SPDX-License-Identifier: BSD-2-Clause
// Building and taking apart texts of the filter language.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const f = await load("core/filter.ts");

test("values are quoted when they must be", () => {
	assert.equal(f.term("src.ip", "10.0.0.1"), "src.ip=10.0.0.1");
	assert.equal(f.term("dst.host", 'a "b" \\c'), 'dst.host="a \\"b\\" \\\\c"');
	assert.equal(f.term("service", "or"), 'service="or"');
	assert.equal(f.term("dst.host", ""), 'not dst.host~""');
	assert.equal(f.term("dst.host", "-x"), 'dst.host="-x"');
	assert.equal(f.term("dst.ip", "2001:db8::/64"), "dst.ip=2001:db8::/64");
});

test("terms join by and; an or goes into parentheses once", () => {
	assert.equal(f.all("a=1", "", null, "b=2"), "a=1 and b=2");
	assert.equal(f.all("a=1 or b=2", "c=3"), "(a=1 or b=2) and c=3");
	assert.equal(f.all("(a=1 or b=2)", "c=3"), "(a=1 or b=2) and c=3");
	assert.equal(f.all("(a=1) or (b=2)", "c=3"), "((a=1) or (b=2)) and c=3");
	assert.equal(f.all("a=1 or b=2"), "a=1 or b=2");
});

test("top-level terms are found", () => {
	assert.deepEqual(f.terms("a=1 and b=2 c"), ["a=1", "b=2", "c"]);
	assert.deepEqual(f.terms("not a=1 and (b=2 or c=3)"), ["not a=1", "(b=2 or c=3)"]);
	assert.deepEqual(f.terms('host="x and y" and port = 443'), ['host="x and y"', "port = 443"]);
	assert.deepEqual(f.terms("a=1 or b=2"), ["a=1 or b=2"]);
	assert.deepEqual(f.terms("port in (80, 443) and up > 1MB"), ["port in (80, 443)", "up > 1MB"]);
	assert.deepEqual(f.terms("  "), []);
});

test("adding drops the opposite and never doubles", () => {
	assert.equal(f.add("a=1", "b=2"), "a=1 and b=2");
	assert.equal(f.add("a=1", "a=1"), "a=1");
	assert.equal(f.add("a=1 and b=2", "not a=1"), "b=2 and not a=1");
	assert.equal(f.without("a=1 and b=2 and c=3", 1), "a=1 and c=3");
});

test("quick filters are exact", () => {
	assert.deepEqual(f.quickTerms({ port: "22", proto: "TCP", iface: "eth0" }), [
		"proto=TCP",
		"port=22",
		"iface=eth0",
	]);
});
