// SPDX-License-Identifier: BSD-2-Clause
// Figures that are no longer true are seen to be so, with their age: the stream of a server that
// stands still, is lost, comes back with another boot, or has its clock set.
import { api, check, ok, open, profile, until } from "../browser.mjs";

/** A page whose stream says what the test has it say. */
async function staged(path) {
	const context = await profile();
	await context.addInitScript(() => {
		delete globalThis.SharedWorker;
		const heard = new Map();
		globalThis.EventSource = class {
			static CLOSED = 2;
			readyState = 1;
			constructor() {
				globalThis.__source = this;
			}
			addEventListener(name, run) {
				heard.set(name, run);
			}
			close() {}
		};
		globalThis.__say = (name, data) => heard.get(name)?.({ data: JSON.stringify(data) });
	});
	const { page, seen } = await open(context, path);
	await until(page, "the stream", () => globalThis.__source);
	const summary = await api("summary");
	const say = (name, data) => page.evaluate(([n, d]) => globalThis.__say(n, d), [name, data]);
	let epoch = 1;
	return {
		page,
		seen,
		hello: (boot, at = Date.now()) =>
			say("hello", {
				sid: "1",
				boot_id: boot,
				version: "0",
				interval_ms: 1000,
				server_time: new Date(at).toISOString(),
				interfaces: summary.interfaces,
				caps: { conntrack: true, act: false, series: false, windows: false },
			}),
		tick: (at = Date.now()) =>
			say("summary", {
				...summary,
				epoch: epoch++,
				server_time: new Date(at).toISOString(),
				as_of: new Date(at).toISOString(),
			}),
		lose: () => page.evaluate(() => globalThis.__source.onerror()),
		done: () => context.close(),
	};
}

const grey = () => {
	const what = document.querySelector(".main.stale .tiles, .main.stale .grid-body");
	return what && Number(getComputedStyle(what).opacity) < 1;
};
const fresh = () => !document.querySelector(".main.stale");
const told = (page, pattern) =>
	until(
		page,
		`the strip to say ${pattern}`,
		(text) => {
			document.querySelector('.strip button[aria-expanded="false"]')?.click();
			return new RegExp(text).test(document.querySelector(".strip")?.textContent);
		},
		pattern,
	);

async function frozen() {
	const { page, hello, tick, done } = await staged("/");
	await hello("a");
	await tick();
	await until(page, "figures", () => document.querySelector(".tile-value"));
	ok(await page.evaluate(fresh), "grey though it is fresh");
	await until(page, "grey figures", grey);
	await told(page, "has stalled.*Figures are from [0-9:]+, \\d+s ago");
	await until(page, "a lamp that says so", () =>
		/Delayed \d+ s/.test(document.querySelector(".lamp").textContent),
	);
	await tick();
	await until(page, "colour again", fresh);
	await done();
}

async function lost() {
	const { page, hello, tick, lose, done } = await staged("/");
	await hello("a");
	await tick();
	await until(page, "figures", () => document.querySelector(".tile-value"));
	await lose();
	await until(page, "grey figures", grey);
	await told(page, "does not answer.*Figures are from [0-9:]+, \\d+s ago");
	await hello("b");
	await tick();
	await until(page, "colour again", fresh);
	await told(page, "flowbpf restarted at [0-9:]+");
	await done();
}

async function clockSet(by, word) {
	const { page, seen, hello, tick, done } = await staged("/");
	await hello("a");
	for (let i = 0; i < 3; i++) {
		await tick();
		await page.waitForTimeout(300);
	}
	const line = () =>
		(document.querySelector(".tile .spark .line")?.getAttribute("d").match(/[ML]/g) ?? [])
			.length;
	const before = await page.evaluate(line);
	for (let i = 0; i < 6; i++) {
		await tick(Date.now() + by);
		await page.waitForTimeout(300);
	}
	await told(page, `was set ${word} by 2h`);
	ok(await page.evaluate(fresh), "grey though it ticks");
	ok((await page.evaluate(line)) > before, "the sparkline stopped");
	ok(seen.errors.length === 0, seen.errors.join("; "));
	await done();
}

export async function staleChecks() {
	await check("figures of a server that stands still are grey, with their age", frozen);
	await check("so are those of one that is lost; another boot is told", lost);
	await check("a clock set ahead is told", () => clockSet(7_200_500, "ahead"));
	await check("a clock set back is told", () => clockSet(-7_200_500, "back"));
}
