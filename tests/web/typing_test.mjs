// SPDX-License-Identifier: BSD-2-Clause
// The filter box's state machine under a clock of its own: every pace of keys against every delay
// of answers, in order and out of order, failing now and then. No letter may be lost, no older
// filter may follow a newer one, and what is half typed never takes the place of what holds.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { FilterInput, LINGER_MS, REST_MS } = await load("core/filterinput.ts");

const TEXT = "dst.host~video and port=443";
const FIELDS = /^(dst\.host|port)[=~]\w+$/;

/** As the server judges: whole terms joined by "and", or words. */
function good(text) {
	const parts = text.trim().split(/ +/);
	if (parts.includes("and") && parts.length % 2 === 0) return false;
	return parts.every(
		(part, i) => (i % 2 && part === "and") || FIELDS.test(part) || /^[\w.]+$/.test(part),
	);
}

class Clock {
	now = 0;
	jobs = [];
	at(ms, run) {
		const job = { at: this.now + ms, run };
		this.jobs.push(job);
		return () => {
			job.run = () => {};
		};
	}
	async until(end) {
		for (;;) {
			this.jobs.sort((a, b) => a.at - b.at);
			if (!this.jobs.length || this.jobs[0].at > end) break;
			const job = this.jobs.shift();
			this.now = job.at;
			job.run();
			for (let i = 0; i < 4; i++) await null; // what the answer leads to
		}
		this.now = end;
	}
}

/** A box with its element, a server with its delays, and what took effect. */
function stage({ delay = () => 0, fails = () => false, first = "", recent = [] } = {}) {
	const clock = new Clock();
	const element = { value: first, focused: false };
	const log = { applied: [], wrote: [], judged: [], remembered: [] };
	let n = 0;
	const answer = (make) =>
		new Promise((done, failed) => {
			const which = n++;
			clock.at(delay(which), () => (fails(which) ? failed(new Error("gone")) : done(make())));
		});
	const box = new FilterInput(first, {
		judge: (text) => {
			log.judged.push(text);
			return answer(() =>
				good(text)
					? "good"
					: { detail: "no", offset: text.length, length: 0, suggestions: [] },
			);
		},
		offer: (text, at) =>
			answer(() => ({ start: 0, end: at, items: [{ text: "youtube", kind: "value" }] })),
		apply: (text) => {
			log.applied.push(text);
			box.outside(text); // the address says it back
		},
		write: (text) => {
			log.wrote.push({ text, focused: element.focused });
			element.value = text;
		},
		later: (ms, run) => clock.at(ms, run),
		halfNamed: (text) => /(^|\s)(dst|src)\.\w*$/.test(text),
		recent: () => recent,
		remember: (text) => log.remembered.push(text),
		changed: () => {},
	});
	const focus = () => {
		element.focused = true;
		box.focus();
	};
	const blur = () => {
		element.focused = false;
		box.blur();
	};
	const key = (letter) => {
		element.value += letter;
		box.typed(element.value, element.value.length);
	};
	return { clock, element, box, log, focus, blur, key };
}

const DELAYS = {
	...Object.fromEntries([0, 60, 150, 600].map((ms) => [`${ms} ms`, () => ms])),
	"late and early": (n) => [600, 0, 150, 60, 400][n % 5],
	"the later the sooner": (n) => Math.max(0, 900 - 70 * n),
};
const FAILS = { never: () => false, "every third": (n) => n % 3 === 2, always: () => true };

for (const pace of [40, 80, 160, 250])
	for (const [delays, delay] of Object.entries(DELAYS))
		for (const [failing, fails] of Object.entries(FAILS))
			test(`keys every ${pace} ms, answers ${delays}, failing ${failing}`, async () => {
				const { clock, element, box, log, focus, blur, key } = stage({ delay, fails });
				focus();
				let typed = "";
				for (const letter of TEXT) {
					key(letter);
					typed += letter;
					await clock.until(clock.now + pace);
					assert.equal(element.value, typed);
					assert.equal(box.text, typed);
				}
				await clock.until(clock.now + 4000);
				assert.equal(element.value, TEXT, "a letter is lost");
				assert.deepEqual(log.wrote, [], "somebody else wrote the box");
				assert.equal(log.applied.at(-1), TEXT, "what was typed does not hold");
				const lengths = log.applied.map((text) => text.length);
				assert.deepEqual(
					lengths,
					[...lengths].sort((a, b) => a - b),
					"an older filter came after a newer one",
				);
				for (const text of log.applied) {
					assert.ok(TEXT.startsWith(text), text);
					assert.ok(!/\.\w*$/.test(text) || fails(0), `${text} is half a name`);
					if (failing === "never") assert.ok(good(text), `${text} cannot be read`);
				}
				blur();
				await clock.until(clock.now + 4000);
				assert.equal(element.value, TEXT);
			});

test("Enter takes effect at once and is remembered", async () => {
	const { clock, log, focus, key, box } = stage({ delay: () => 60 });
	focus();
	for (const letter of "dst.") key(letter);
	await clock.until(clock.now + REST_MS + 100);
	assert.deepEqual(log.applied, [], "half a name is searched for");
	box.enter();
	await clock.until(clock.now + 61);
	assert.deepEqual(log.applied, ["dst."]);
	assert.deepEqual(log.remembered, ["dst."]);
});

test("an answer to a text that has changed says nothing", async () => {
	const { clock, log, focus, key, box } = stage({ delay: (n) => (n < 2 ? 5000 : 10) });
	focus();
	key("a");
	await clock.until(clock.now + REST_MS + 10);
	key("b");
	await clock.until(clock.now + 10_000);
	assert.deepEqual(log.applied, ["ab"]);
	assert.equal(box.text, "ab");
});

test("a mistake at the end waits for the keys to rest, one before it does not", async () => {
	const { clock, focus, key, box } = stage();
	focus();
	for (const letter of "port=") key(letter);
	await clock.until(clock.now + REST_MS + 1);
	assert.ok(box.wrong && !box.told);
	await clock.until(clock.now + LINGER_MS);
	assert.ok(box.told);
	key("8");
	assert.ok(!box.wrong && !box.told);
});

test("a filter from elsewhere waits until the box is left", async () => {
	const { clock, element, log, focus, blur, box, key } = stage({ first: "one" });
	await clock.until(10);
	focus();
	box.outside("two");
	await clock.until(clock.now + 3000);
	assert.equal(element.value, "one");
	blur();
	assert.equal(element.value, "two");
	assert.deepEqual(log.wrote, [{ text: "two", focused: false }]);
	focus();
	box.outside("three");
	key("x"); // who types on means what is typed
	await clock.until(clock.now + 3000);
	blur();
	await clock.until(clock.now + 3000);
	assert.equal(element.value, "twox");
	assert.equal(log.applied.at(-1), "twox");
});

test("leaving a box takes what is typed, at once", async () => {
	const { clock, log, focus, blur, key } = stage({ delay: () => 150 });
	focus();
	key("a");
	blur();
	await clock.until(clock.now + 150);
	assert.deepEqual(log.applied, ["a"]);
});

test("a choice fills the term in, old offers are not taken", async () => {
	const { clock, element, log, focus, box, key } = stage({ delay: () => 50 });
	focus();
	key("y");
	await clock.until(clock.now + REST_MS + 60);
	assert.equal(box.offers.items.length, 1);
	box.move(1, 1);
	box.enter();
	await clock.until(clock.now + 60);
	assert.equal(element.value, "youtube");
	assert.equal(log.applied.at(-1), "youtube");
	key("!");
	await clock.until(clock.now + REST_MS);
	box.escape();
	await clock.until(clock.now + 1000);
	assert.equal(box.offers?.items.length ?? 0, 0, "offers come back after they were closed");
});

test("what was offered a letter before is taken in the place of all that was typed", async () => {
	const { clock, element, focus, box, key } = stage({ delay: () => 50 });
	focus();
	key("y");
	await clock.until(clock.now + REST_MS + 60);
	key("o");
	box.move(1, 2);
	await clock.until(clock.now + REST_MS + 60); // the answer to "yo" comes behind the choice
	assert.equal(box.chosen, 0);
	box.enter();
	assert.equal(element.value, "youtube");
	key("!");
	assert.equal(box.offers, null, "what does not fit any more is offered");
});

test("filters of before are offered in an empty box", async () => {
	const { clock, element, log, focus, box, key } = stage({ recent: ["port=22", "dns"] });
	focus();
	assert.deepEqual(
		box.offers.items.map((item) => item.text),
		["port=22", "dns"],
	);
	key("x");
	assert.equal(box.offers, null);
	box.escape();
	assert.equal(element.value, "");
	box.move(1, 0);
	box.move(1, 0);
	box.enter();
	await clock.until(clock.now + 10);
	assert.equal(log.applied.at(-1), "port=22");
});
