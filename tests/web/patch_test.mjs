// SPDX-License-Identifier: BSD-2-Clause
// Events of the stream applied to a table: held against a table built from scratch.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { apply, emptyTable, steady } = await load("api/patch.ts");
const { mergeWindows } = await load("data/windows.ts");

const reset = (e, ids) => ({
	view: "v",
	e,
	reset: true,
	total: 9,
	matched: ids.length,
	off: 0,
	ids,
	new: Object.fromEntries(ids.map((id) => [id, [id, 1]])),
});
const rows = (table) => table.ids.map((id) => table.rows.get(id).values);

test("a reset, then cells, then another order with a new row", () => {
	const table = emptyTable();
	assert.equal(apply(table, reset(1, ["a", "b", "c"])).order, true);
	const cells = apply(table, {
		view: "v",
		e: 1,
		reset: false,
		total: 9,
		matched: 3,
		set: [[1, 1, 7]],
	});
	assert.deepEqual([...cells.touched], ["b"]);
	assert.equal(cells.order, false);
	const moved = apply(table, {
		view: "v",
		e: 1,
		reset: false,
		total: 9,
		matched: 3,
		ids: ["d", "b", "a"],
		new: { d: ["d", 5] },
		set: [[2, 1, 4]],
	});
	assert.equal(moved.order, true);
	assert.deepEqual(rows(table), [
		["d", 5],
		["b", 7],
		["a", 4],
	]);
	assert.equal(table.rows.has("c"), false);
});

test("values are replaced, not written into, so that a held row does not change under the reader", () => {
	const table = emptyTable();
	apply(table, reset(1, ["a"]));
	const before = table.rows.get("a").values;
	apply(table, { view: "v", e: 1, reset: false, total: 1, matched: 1, set: [[0, 1, 2]] });
	assert.deepEqual(before, ["a", 1]);
});

test("what does not fit asks for a fresh view", () => {
	const table = emptyTable();
	assert.equal(
		apply(table, { view: "v", e: 3, reset: false, total: 0, matched: 0, set: [[0, 0, 1]] })
			.broken,
		true,
	);
	apply(table, reset(4, ["a"]));
	assert.equal(
		apply(table, { view: "v", e: 4, reset: false, total: 1, matched: 1, set: [[5, 0, 1]] })
			.broken,
		true,
	);
	assert.equal(
		apply(table, { view: "v", e: 4, reset: false, total: 1, matched: 1, ids: ["a", "x"] })
			.broken,
		true,
	);
});

test("the same order again is no change of order", () => {
	const table = emptyTable();
	apply(table, reset(1, ["a", "b"]));
	assert.equal(apply(table, reset(2, ["a", "b"])).order, false);
	assert.equal(table.epoch, 2);
});

test("a thousand ticks end where the server is", () => {
	const table = emptyTable();
	const ids = Array.from({ length: 50 }, (_, i) => `f${i}`);
	const truth = new Map(ids.map((id) => [id, [id, 1]]));
	let order = ids;
	apply(table, reset(1, ids));
	for (let tick = 1; tick <= 1000; tick++) {
		const set = [];
		for (let i = tick % 7; i < order.length; i += 7) {
			truth.set(order[i], [order[i], tick]);
			set.push([i, 1, tick]);
		}
		const event = { view: "v", e: 1, reset: false, total: 50, matched: 50, set };
		if (tick % 10 === 0) {
			order = [...order.slice(3), ...order.slice(0, 3)];
			event.ids = order;
			event.set = order.map((id, i) => [i, 1, truth.get(id)[1]]);
		}
		apply(table, event);
	}
	assert.deepEqual(
		rows(table),
		order.map((id) => truth.get(id)),
	);
});

test("windows of two lists: newest last, each once", () => {
	const merged = mergeWindows([{ id: 42 }], [{ id: 41 }, { id: 42, end: "newer" }]);
	assert.deepEqual(merged, [{ id: 41 }, { id: 42, end: "newer" }]);
});

test("an order that is held stays as it is shown", () => {
	assert.deepEqual(steady(["a", "b", "c", "d"], ["d", "c", "e", "a"]), ["a", "c", "d", "e"]);
	assert.deepEqual(steady([], ["b", "a"]), ["b", "a"]);
});
