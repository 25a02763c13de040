// SPDX-License-Identifier: BSD-2-Clause
// What people come for, done by keyboard alone and found by roles and names, as a screen reader has
// them. Nothing is deleted: each such task ends at its question.
import { abreast, api, busy, check, ok, open, profile, until } from "../browser.mjs";
import { word } from "../words.mjs";

/** Tab until one of these has the focus. */
async function tabTo(page, target, what) {
	for (let i = 0; i < 150; i++) {
		if (await target.evaluateAll((list) => list.includes(document.activeElement))) return;
		await page.keyboard.press("Tab");
	}
	ok(false, `Tab never came to ${what}`);
}

async function pressed(page, target, what) {
	await target.first().waitFor();
	await tabTo(page, target, what);
	await page.keyboard.press("Enter");
}

const arrived = (page, what, pattern) =>
	until(
		page,
		what,
		(text) => new RegExp(text).test(decodeURIComponent(location.pathname + location.search)),
		pattern,
	);
const region = (page, key) => page.getByRole("region", { name: word(key), exact: true });
const aFlow = (page) => page.locator('[role="row"].flow').first().waitFor();

/** Into the table, onto its first row. */
async function firstRow(page) {
	await aFlow(page);
	await page.keyboard.press("j");
	await until(page, "a row with the focus", () =>
		document.activeElement?.matches('[role="row"][data-index]'),
	);
}

async function moreMenu(page, key) {
	await aFlow(page);
	await pressed(page, page.getByRole("button", { name: word("flows.exportMore") }), "the menu");
	const item = page.getByRole("menuitem", { name: key, exact: false });
	await item.waitFor();
	while (!(await item.evaluate((one) => one === document.activeElement)))
		await page.keyboard.press("ArrowDown");
	await page.keyboard.press("Enter");
}

/** A question that has a name and the focus, and goes away unanswered. */
async function asks(page, key) {
	const dialog = page.getByRole("dialog", { name: word(key) });
	await dialog.waitFor();
	ok(await dialog.evaluate((one) => one.contains(document.activeElement)), "focus is outside");
	await page.keyboard.press("Escape");
	await dialog.waitFor({ state: "detached" });
}

async function filterBy(page, text) {
	await page.keyboard.press("/");
	await page.keyboard.type(text);
	await page.keyboard.press("Enter");
	await until(
		page,
		"the filter in the address",
		(q) => new URL(location.href).searchParams.get("q") === q,
		text,
	);
}

const TASKS = {
	"who uses the bandwidth": [
		"/",
		async (page) => {
			const table = region(page, "overview.topHosts").getByRole("table");
			const [most] = (await api("flows?group_by=src.ip&sort=-rate_bps&limit=1")).items;
			ok(most, "nobody does");
			await pressed(page, table.getByRole("rowheader").getByRole("link"), "the first host");
			await arrived(page, "its flows", "^/flows.*src\\.ip=");
		},
	],
	"what does this host talk to": [
		"/hosts",
		async (page) => {
			const [{ ip }] = (await api("flows?limit=1&sort=-rate_bps")).items.map((f) => f.src);
			await pressed(page, page.locator(`a[href^="/hosts/${ip}"]`), "that host");
			const peers = region(page, "hosts.peersOut").getByRole("listitem").getByRole("link");
			await pressed(page, peers, "a peer");
			await arrived(page, "the flows of both", `src\\.ip=${ip}.*dst\\.`);
		},
	],
	"delete one": [
		"/flows",
		async (page) => {
			await firstRow(page);
			await page.keyboard.press("D");
			await asks(page, "flows.deleteConnectionAsk");
		},
	],
	"delete by filter": [
		"/flows",
		async (page) => {
			await filterBy(page, "port=443");
			await moreMenu(page, word("flows.deleteMatching"));
			await asks(page, "flows.deleteMatchingAsk");
		},
	],
	"delete all": [
		"/flows",
		async (page) => {
			await moreMenu(page, word("flows.deleteAllMenu"));
			await asks(page, "flows.deleteAllAsk");
		},
	],
	"what was some time ago": [
		"/flows",
		async (page) => {
			await aFlow(page);
			await page.keyboard.press("Space");
			const slider = page.getByRole("slider", { name: word("time.timeShown") });
			await until(page, "seconds to go back to", () => {
				const range = document.querySelector('input[type="range"]');
				return range && range.max - range.min >= 2;
			});
			await tabTo(page, slider, "the time");
			const now = await slider.getAttribute("aria-valuetext");
			await page.keyboard.press("ArrowLeft");
			await page.keyboard.press("ArrowLeft");
			await arrived(page, "a moment in the address", "at=\\d+");
			ok(
				(await slider.getAttribute("aria-valuetext")) !== now,
				`it says ${now} all the time`,
			);
		},
	],
	export: [
		"/flows",
		async (page) => {
			const file = page.waitForEvent("download", { timeout: 20000 * busy() });
			await moreMenu(page, word("flows.export", { format: "CSV" }));
			ok((await file).suggestedFilename().endsWith(".csv"), "no CSV");
		},
	],
	"share by link": [
		"/flows",
		async (page) => {
			await filterBy(page, "proto=udp");
			await page.goto(page.url());
			await until(page, "the same flows", () => {
				const rows = [...document.querySelectorAll('[role="row"].flow')];
				return rows.length && rows.every((row) => row.textContent.includes("UDP"));
			});
		},
	],
	"TLS on an odd port": [
		"/flows",
		async (page) => {
			await filterBy(page, "l7=tls and not port in (443, 853)");
			await aFlow(page);
			await tabTo(page, page.locator('[role="row"].flow'), "a row");
			const text = await page.evaluate(() => document.activeElement.textContent);
			ok(/TLS/.test(text) && !/:443\b/.test(text), text);
			await page.keyboard.press("Enter");
			await page.getByRole("complementary").first().waitFor();
		},
	],
	"what was lost": [
		"/",
		async (page) => {
			const tile = page.getByRole("link", { name: new RegExp(`^${word("word.lost")}`) });
			await pressed(page, tile, "the tile of losses");
			await arrived(page, "the counters", "^/settings");
			const table = region(page, "settings.counters").getByRole("table");
			await table.getByRole("row").nth(1).waitFor();
		},
	],
};

async function done(context, path, run) {
	const { page, seen } = await open(context, path);
	await run(page);
	// a term that is half typed is no filter yet
	const errors = seen.errors.filter((text) => !text.includes("400 (Bad Request)"));
	ok(errors.length === 0, errors.join("; "));
	await page.close();
}

export async function taskChecks() {
	const context = await profile();
	await abreast(
		3,
		Object.entries(TASKS).map(
			([name, [path, run]]) =>
				() =>
					check(`by keyboard and by names: ${name}`, () => done(context, path, run)),
		),
	);
	await context.close();
}
