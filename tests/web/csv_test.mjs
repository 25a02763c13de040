// SPDX-License-Identifier: BSD-2-Clause
// Tables for spreadsheets.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { csv } = await load("core/csv.ts");

test("cells are quoted when they must be, unknown ones are empty", () => {
	assert.equal(
		csv([
			["a", 'b "c"', "d,e", "f\ng"],
			[1, null, undefined, 2.5],
		]),
		'a,"b ""c""","d,e","f\ng"\r\n1,,,2.5\r\n',
	);
});

test("what a stranger chose is never a formula, numbers stay numbers", () => {
	assert.equal(csv([["=1+1", "+1", "-1", "@x", "\tx", -1]]), "'=1+1,'+1,'-1,'@x,'\tx,-1\r\n");
});
