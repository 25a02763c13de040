// SPDX-License-Identifier: BSD-2-Clause
// One stream a browser, however many tabs, and what stands in where workers are not to be had.
import { api, check, ok, open, profile, until } from "../browser.mjs";

const TABS = 7; // one more than a browser allows connections
const streams = async () => (await api("health")).counters.http_streams.value;
const rows = (page, what) =>
	until(page, `rows in ${what}`, () => document.querySelector(".tr.flow"), null, 15000);

async function tabs(context, n) {
	const pages = [];
	for (let i = 0; i < n; i++) {
		const { page } = await open(context, "/flows");
		await rows(page, `tab ${i + 1}`);
		pages.push(page);
	}
	return pages;
}

async function shared() {
	const before = await streams();
	const context = await profile();
	await tabs(context, TABS);
	const held = (await streams()) - before;
	await context.close();
	ok(held <= 1, `${TABS} tabs hold ${held} streams`);
	return `${TABS} tabs, ${held} stream`;
}

/** Without shared workers one tab holds the stream for all; when it goes, another one does. */
async function led() {
	const before = await streams();
	const context = await profile();
	await context.addInitScript(() => {
		delete globalThis.SharedWorker;
	});
	const [first, second] = await tabs(context, 2);
	const held = (await streams()) - before;
	ok(held <= 1, `2 tabs hold ${held} streams`);
	await first.close();
	await second.bringToFront();
	const duration = () =>
		second.$eval('.tr.flow [data-col="duration"] span', (cell) => cell.title);
	const was = await duration();
	await until(
		second,
		"the tab that is left to go on",
		(title) => document.querySelector('.tr.flow [data-col="duration"] span')?.title !== title,
		was,
		15000,
	);
	await context.close();
}

export async function streamChecks() {
	await check("seven tabs share one stream and none stalls", shared);
	await check("without shared workers one tab leads, and is followed when it goes", led);
}
