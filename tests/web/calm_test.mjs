// SPDX-License-Identifier: BSD-2-Clause
// A ranking that does not jump with every second, and stands still while it is read.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { Ranking } = await load("core/calm.ts");
const values = (of) => Object.entries(of);

test("the first answer is ranked as it is", () => {
	assert.deepEqual(new Ranking().rank(values({ a: 1, b: 3, c: 2 })), ["b", "c", "a"]);
});

test("one second does not turn it over, some do", () => {
	const ranking = new Ranking();
	ranking.rank(values({ a: 100, b: 60 }));
	assert.deepEqual(ranking.rank(values({ a: 70, b: 90 })), ["a", "b"]);
	ranking.rank(values({ a: 10, b: 90 }));
	assert.deepEqual(ranking.rank(values({ a: 10, b: 90 })), ["b", "a"]);
});

test("held, all keep their places: who is new comes last, who is gone leaves no hole", () => {
	const ranking = new Ranking();
	ranking.rank(values({ a: 3, b: 2, c: 1 }));
	assert.deepEqual(ranking.rank(values({ c: 900, d: 800, a: 1 }), true), ["a", "c", "d"]);
	assert.deepEqual(ranking.rank(values({ c: 900, d: 800, a: 1 })), ["c", "d", "a"]);
});
