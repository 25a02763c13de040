// SPDX-License-Identifier: BSD-2-Clause
// Typing into the filter box of the real page, with a network that is slow, out of order or gone
// for what judges and completes it. All combinations stand in tests/web/typing_test.mjs.
import { abreast, check, ok, open, profile, until } from "../browser.mjs";

const TEXT = "proto=tcp and port=443";
const PAGES = ["/", "/flows", "/flows?group=src.ip", "/hosts", "/paths", "/history", "/log"];

/** Each page another pace and another network. */
const NETWORKS = [
	["160 ms a key, answers after 150 ms", 160, () => 150],
	["80 ms a key, answers after 600 ms", 80, () => 600],
	["40 ms a key, answers after 60 ms", 40, () => 60],
	["160 ms a key, answers in any order", 160, (n) => [600, 0, 150, 60][n % 4]],
	["80 ms a key, every third answer fails", 80, (n) => (n % 3 === 2 ? null : 150)],
	["160 ms a key, answers at once", 160, () => 0],
];

async function slow(page, delay) {
	let n = 0;
	await page.route(/\/filter\/(validate|complete)/, async (route) => {
		const ms = delay(n++);
		if (ms) await new Promise((go) => setTimeout(go, ms));
		await (ms === null ? route.abort() : route.continue()).catch(() => {});
	});
}

const shown = (page) => page.inputValue("#filter");

async function types(context, path, [, pace, delay]) {
	const { page } = await open(context, path);
	await slow(page, delay);
	await page.locator("#filter").click();
	for (let i = 0; i < TEXT.length; i++) {
		await page.keyboard.type(TEXT[i]);
		ok(
			(await shown(page)) === TEXT.slice(0, i + 1),
			`after ${i + 1} keys: ${await shown(page)}`,
		);
		await page.waitForTimeout(pace);
	}
	await page.keyboard.press("Enter");
	await until(
		page,
		"what was typed in the address",
		(text) => new URL(location.href).searchParams.get("q") === text,
		TEXT,
	);
	ok((await shown(page)) === TEXT, await shown(page));
	await page.close();
}

/** Rows stay while a name is half typed, and while what is typed matches nothing yet. */
async function keepsRows(context) {
	const { page } = await open(context, "/flows");
	await until(page, "rows", () => document.querySelectorAll(".tr.flow").length > 3);
	await page.evaluate(() => {
		globalThis.__blank = 0;
		new MutationObserver(() => {
			if (!document.querySelector(".tr.flow")) globalThis.__blank++;
		}).observe(document.body, { childList: true, subtree: true });
	});
	await page.locator("#filter").click();
	await page.keyboard.type("dst.port=443", { delay: 160 });
	await until(page, "the whole term", () => location.search.includes("q=dst.port"));
	ok((await page.evaluate(() => globalThis.__blank)) === 0, "the list went blank while typing");
	await page.keyboard.type(" and dst.ip=203.0.113.254", { delay: 20 });
	await until(page, "the truth after a rest", () => document.querySelector(".why-none"));
	await page.close();
}

async function chips(context) {
	const { page } = await open(context, "/?q=proto%3Dtcp%20and%20port%3D443&iface=lan");
	const terms = page.getByRole("list", { name: "Filter terms" }).getByRole("listitem");
	await until(page, "chips", () => document.querySelectorAll(".chips .term").length === 3);
	await terms.getByRole("button", { name: "Remove proto=tcp" }).click();
	await until(page, "a term less", () => location.search.includes("q=port%3D443"));
	ok((await shown(page)) === "port=443", await shown(page));
	await page.getByRole("button", { name: "Remove iface=lan" }).click();
	await until(page, "all interfaces", () => !location.search.includes("iface"));
	await page.close();
}

async function recent(context) {
	const { page } = await open(context, "/hosts");
	const box = page.locator("#filter");
	await box.click();
	await page.keyboard.type("proto=udp");
	await page.keyboard.press("Enter");
	await until(page, "the filter", () => location.search.includes("udp"));
	await page.getByRole("button", { name: "Clear the filter" }).click();
	await page.locator("h1").first().click();
	await box.click();
	const list = page.getByRole("listbox", { name: "Recent filters" });
	await list.getByRole("option", { name: "proto=udp" }).click();
	await until(page, "the filter again", () => location.search.includes("udp"));
	ok((await shown(page)) === "proto=udp", await shown(page));
	await page.close();
}

async function byTouch() {
	const context = await profile({
		viewport: { width: 360, height: 780 },
		hasTouch: true,
		isMobile: true,
	});
	const { page } = await open(context, "/flows");
	await page.locator("#filter").tap();
	await page.keyboard.type("sta");
	const list = page.getByRole("listbox", { name: "Completions" });
	for (const offered of [/^state/, /^=/, /^ESTABLISHED/]) {
		const option = list.getByRole("option", { name: offered }).first();
		await option.waitFor();
		const { height } = await option.boundingBox();
		ok(height >= 44, `a target of ${height} px`);
		await option.tap();
	}
	await until(page, "the term", () => location.search.includes("state%3DESTABLISHED"));
	await context.close();
}

/** The arrow of a mistake stands under its first letter. */
async function points(context) {
	const { page } = await open(context, "/flows");
	await page.locator("#filter").click();
	await page.keyboard.type("proto=tcp and scr=10.0.0.1");
	await until(page, "the mistake", () => document.querySelector(".mistake"));
	const far = await page.evaluate(() => {
		const mark = document.querySelector(".filter-under mark").getBoundingClientRect();
		const { left } = document.querySelector(".mistake").getBoundingClientRect();
		const style = getComputedStyle(document.querySelector(".mistake"), "::before");
		return left + parseFloat(style.left) - (mark.left + mark.width / 2);
	});
	ok(Math.abs(far) < 16, `${far} px away from the letter`);
	await page.close();
}

export async function typingChecks() {
	const context = await profile();
	await abreast(
		4,
		PAGES.map((path, i) => {
			const network = NETWORKS[i % NETWORKS.length];
			return () =>
				check(`no letter is lost on ${path}: ${network[0]}`, () =>
					types(context, path, network),
				);
		}),
	);
	await check("rows stay while a term is half typed", () => keepsRows(context));
	await check("terms are chips that go one by one", () => chips(context));
	await check("filters of before are offered", () => recent(context));
	await check("an error points at its letter", () => points(context));
	await context.close();
	await check("a filter by touch alone", byTouch);
}
