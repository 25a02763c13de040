// SPDX-License-Identifier: BSD-2-Clause
// The strip of time: steps, drags, windows and marks.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const strip = await load("core/timestrip.ts");
const HOUR = 3600;
const DAY = 24 * HOUR;
const NOW = 1_800_000_000;

test("an arrow goes a second, a minute or an hour, by what shows", () => {
	assert.deepEqual(strip.ZOOMS.map(strip.stepOf), [1, 1, 60, 60, 3600, 3600, 3600]);
	for (const [zoom, step] of [
		[HOUR, 1],
		[DAY, 60],
		[90 * DAY, 3600],
	]) {
		const window = [NOW - zoom, NOW];
		assert.equal(strip.stepped("ArrowLeft", false, NOW, window), NOW - step);
		assert.equal(strip.stepped("ArrowRight", true, NOW, window), NOW + 10 * step);
		assert.equal(strip.stepped("Home", false, NOW, window), NOW - zoom);
		assert.equal(strip.stepped("PageDown", false, NOW, window), NOW - zoom / 8);
	}
	assert.equal(strip.stepped("a", false, NOW, [0, 1]), null);
});

test("what shows holds the chosen time, and nothing of the future", () => {
	for (const length of [0, 1, HOUR, HOUR + 1, 8 * HOUR, 3 * DAY, 90 * DAY])
		for (const ago of [0, 10, HOUR, 40 * DAY]) {
			const span = [NOW - ago - length, NOW - ago];
			const window = strip.windowAround(span, strip.zoomFor(span), NOW);
			assert.ok(strip.holds(window, span), `${length} s, ${ago} s ago`);
			assert.ok(window[1] <= NOW && window[1] - window[0] === strip.zoomFor(span));
		}
	assert.equal(strip.stepOf(strip.zoomFor([5, 5])), 1);
});

test("a drag draws a time, moves an edge over the other, or moves it whole", () => {
	assert.deepEqual(strip.dragged("new", [1, 2], 50, 40, 100), [40, 50]);
	assert.deepEqual(strip.dragged("from", [20, 30], 20, 25, 100), [25, 30]);
	assert.deepEqual(strip.dragged("from", [20, 30], 20, 35, 100), [30, 35]);
	assert.deepEqual(strip.dragged("to", [20, 30], 30, 10, 100), [10, 20]);
	assert.deepEqual(strip.dragged("both", [20, 30], 25, 35, 100), [30, 40]);
	assert.deepEqual(strip.dragged("both", [20, 30], 25, 500, 100), [90, 100]);
	assert.deepEqual(strip.dragged("both", [20, 20], 20, 7, 100), [7, 7]);
});

test("marks are round by the viewer's clock, and few", () => {
	for (const zoom of strip.ZOOMS)
		for (const ahead of [0, 2 * HOUR, 5.5 * HOUR, -8 * HOUR]) {
			const window = [NOW - zoom, NOW];
			const marks = strip.marksOf(window, 8, ahead);
			assert.ok(marks.length >= 3 && marks.length <= 9, `${zoom}: ${marks.length}`);
			const step = marks[1] - marks[0];
			for (const at of marks)
				assert.ok(at >= window[0] && at <= window[1] && (at + ahead) % step === 0);
		}
});
