// SPDX-License-Identifier: BSD-2-Clause
// What the page may cost: bytes, time to the first picture, streams, milliseconds a tick.
import { api, base, check, ok, open, profile, until } from "../browser.mjs";

const FIRST_LOAD = 120 * 1024;

async function bytes() {
	const html = await (await fetch(`${base}/flows`, { headers: { accept: "text/html" } })).text();
	const urls = ["/flows", ...[...html.matchAll(/(?:href|src)="(\/[^"]+)"/g)].map((m) => m[1])];
	const context = await profile();
	const page = await context.newPage();
	let total = 0;
	const client = await context.newCDPSession(page);
	await client.send("Network.enable");
	client.on("Network.loadingFinished", (event) => { total += event.encodedDataLength; });
	for (const url of urls) await page.goto(base + url, { waitUntil: "load" });
	await context.close();
	ok(urls.length >= 4, `few parts: ${urls}`);
	ok(total > 0 && total <= FIRST_LOAD + 4096, `${total} bytes over the wire`);
	return `${(total / 1024).toFixed(1)} KB with headers`;
}

async function paint() {
	const context = await profile();
	const times = [];
	for (let i = 0; i < 3; i++) {
		const { page } = await open(context, "/flows");
		await until(page, "the first rows", () => document.querySelector(".tr.flow"));
		times.push(await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 1e9));
		await page.close();
	}
	await context.close();
	const best = Math.min(...times);
	ok(best <= 1500, `first picture after ${Math.round(best)} ms (400 on a quiet machine)`);
	return `first picture after ${Math.round(best)} ms`;
}

async function oneStream() {
	const context = await profile();
	const streams = async () => (await api("health")).counters?.http_streams?.value ?? null;
	const before = await streams();
	const pages = [];
	for (let i = 0; i < 7; i++) {
		const { page } = await open(context, "/flows");
		await until(page, `rows in tab ${i + 1}`, () => document.querySelector(".tr.flow"));
		pages.push(page);
	}
	const after = await streams();
	if (before !== null) ok(after - before <= 1, `7 tabs hold ${after - before} streams`);
	await Promise.all(pages.map((page) => page.close()));
	await context.close();
	return before === null ? "7 tabs" : `7 tabs, ${after - before} stream`;
}

async function typing() {
	const context = await profile();
	const { page } = await open(context, "/flows?live=both");
	await until(page, "rows", () => document.querySelector(".tr.flow"));
	const flow = (await api("flows?live=both&limit=100")).items.find((f) => f.src.port);
	const took = await page.evaluate(async ({ text, port }) => {
		const input = document.getElementById("filter");
		const started = performance.now();
		input.value = text;
		input.dispatchEvent(new Event("input", { bubbles: true }));
		const done = () => { const rows = [...document.querySelectorAll(".tr.flow")]; return rows.length > 0 && rows.every((r) => r.textContent.includes(port)); };
		while (!done() && performance.now() - started < 5000) await new Promise((go) => setTimeout(go, 10));
		return performance.now() - started;
	}, { text: `src.port=${flow.src.port}`, port: `:${flow.src.port}` });
	await context.close();
	ok(took < 1500, `${Math.round(took)} ms from key to rows (250 on a quiet machine)`);
	return `${Math.round(took)} ms from key to rows`;
}

/** What a second costs the page: applying an event, and tasks that would make it stutter. */
async function ticks() {
	const context = await profile();
	const { page } = await open(context, "/flows?live=both&sort=-last_seen");
	await until(page, "rows", () => document.querySelector(".tr.flow"));
	const cost = await page.evaluate(() => new Promise((done) => {
		const applied = [];
		let long = 0;
		new PerformanceObserver((list) => applied.push(...list.getEntries().filter((e) => e.name === "flowbpf-apply").map((e) => e.duration))).observe({ entryTypes: ["measure"] });
		new PerformanceObserver((list) => { long += list.getEntries().length; }).observe({ entryTypes: ["longtask"] });
		setTimeout(() => done({ applied: applied.sort((a, b) => a - b), long }), 8000);
	}));
	const mb = (await page.evaluate(() => performance.memory.usedJSHeapSize)) / 1e6;
	await context.close();
	const n = cost.applied.length;
	ok(n >= 5, `${n} events in 8 s`);
	const half = cost.applied[Math.floor(n / 2)];
	ok(half <= 12, `${half.toFixed(1)} ms to apply an event (4 on a quiet machine)`);
	ok(mb <= 80, `${mb.toFixed(0)} MB`);
	return `${half.toFixed(1)} ms at the median of ${n} events, ${cost.long} long tasks, ${mb.toFixed(0)} MB`;
}

export async function budgetChecks() {
	await check("seven tabs share one stream and none stalls", oneStream);
	await check("a first visit loads at most 120 KB", bytes);
	await check("the first picture comes quickly", paint);
	await check("a tick costs little time and memory", ticks);
	await check("from a key in the filter to rows", typing);
}
