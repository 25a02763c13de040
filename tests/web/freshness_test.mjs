// SPDX-License-Identifier: BSD-2-Clause
// The age of figures and steps of the server's clock, by a clock that nobody sets.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { ClockWatch, Freshness } = await load("core/freshness.ts");

test("figures age until the epoch moves on, not with every summary", () => {
	const figures = new Freshness();
	assert.equal(figures.age(5000), 0);
	figures.saw(7, 1000);
	figures.saw(7, 4000);
	assert.equal(figures.age(4500), 3500);
	figures.saw(8, 5000);
	assert.equal(figures.age(5200), 200);
});

test("a lost server's figures go on ageing, and another's first epoch is news", () => {
	const figures = new Freshness();
	figures.saw(7, 1000);
	figures.anew();
	assert.equal(figures.age(9000), 8000);
	figures.saw(7, 10_000);
	assert.equal(figures.age(10_000), 0);
});

const T0 = 1_700_000_000_000;

/** Summaries a second apart, the server's clock off by what `off` says. */
function steps(n, off) {
	const clock = new ClockWatch();
	return Array.from({ length: n }, (_, i) => clock.saw(T0 + 1000 * i + off(i), 1000 * i));
}

test("a clock that was set is told once, by how much", () => {
	for (const by of [3_600_000, -3_600_000, 2500])
		assert.deepEqual(steps(10, (i) => (i < 4 ? 0 : by)).filter(Boolean), [by]);
});

test("neither drift nor a summary that was held up is a step", () => {
	assert.deepEqual(steps(600, (i) => 15 * i).filter(Boolean), []);
	assert.deepEqual(steps(20, (i) => (i === 6 || i === 7 ? -5000 : 0)).filter(Boolean), []);
	assert.deepEqual(
		steps(20, (i) => -Math.max(0, 9000 - 1000 * Math.abs(i - 9))).filter(Boolean),
		[],
	);
});

test("seconds behind are believed when they last, for a busy browser is behind, too", () => {
	const held = (from, to) => (i) => (i >= from && i < to ? -5000 : 0);
	assert.deepEqual(steps(40, held(6, 16)).filter(Boolean), []);
	assert.deepEqual(steps(40, held(6, 40)).filter(Boolean), [-5000]);
});

test("what a tab that joins others is told of before is no step", () => {
	for (const age of [3000, 15_000, 3_600_000])
		assert.deepEqual(steps(10, (i) => (i === 0 ? -age : 0)).filter(Boolean), []);
});

test("another server's clock is no step", () => {
	const clock = new ClockWatch();
	clock.saw(T0, 0);
	clock.forget();
	for (let i = 1; i < 6; i++) assert.equal(clock.saw(T0 + 50_000 + 1000 * i, 1000 * i), 0);
});
