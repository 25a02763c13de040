// SPDX-License-Identifier: BSD-2-Clause
// The quality page: what the API says of the worst paths and of spreads, and the flows behind each.
import { api, check, near, ok, open, profile, until } from "../browser.mjs";
import { atWidths } from "./widths.mjs";

const PAGE = "/quality?by=dst.ip";
const shown = (page) =>
	until(page, "a path", () => document.querySelector("table.data tbody tr"), null, 20000);

async function figures(context) {
	const { page, seen } = await open(context, `${PAGE}&worst=loss`);
	await shown(page);
	const [said, [first], { measured, flows }] = await page
		.locator(".listing-head > .faint")
		.textContent()
		.then(async (text) => [
			text.match(/[\d,]+/g).map((part) => Number(part.replaceAll(",", ""))),
			await page.$$eval("table.data tbody tr", (rows) =>
				rows.map((tr) => [...tr.cells].map((cell) => cell.textContent)),
			),
			await api("quality?by=dst.ip&worst=loss&live=both"),
		]);
	ok(near(said[0], measured, 0.3, 20) && near(said[1], flows, 0.3, 20), `${said}`);
	const { items } = await api("quality?by=dst.ip&worst=loss&live=both&top_n=100");
	const same = items.find(({ key }) => first[0].includes(key));
	ok(same && near(Number(first[1].replaceAll(",", "")), same.measured, 0.3, 5), `${first}`);
	ok(/^\d.*s$/.test(first[3]), `no latency: ${first}`);
	ok((await page.getByText("is seen by nobody here").count()) === 1, "it hides what is unseen");
	ok(!seen.errors.length, seen.errors.join("; "));
	await page.close();
}

/** A path, and a bar of a spread, lead to the flows that they count. */
async function flows(context) {
	const { page } = await open(context, PAGE);
	await shown(page);
	await page.locator("table.data tbody a").first().click();
	await until(page, "its flows", () =>
		/dst\.ip/.test(new URL(location.href).searchParams.get("q")),
	);
	await until(page, "rows", () => document.querySelector(".tr.flow"));
	await page.goBack();
	await shown(page);
	const bar = page.locator(".a-spread .bars a").filter({ hasNotText: /\b0 %/ }).first();
	await bar.click();
	await until(page, "the range", () =>
		/^latency\.\w+ (<|>=) [\d.]+/.test(new URL(location.href).searchParams.get("q")),
	);
	await until(page, "flows in it", () => document.querySelector(".tr.flow"));
	await page.close();
}

async function choices(context) {
	const { page } = await open(context, "/quality");
	await page.getByLabel("Paths by").selectOption("src.ip");
	await page.getByRole("button", { name: "Jitter", exact: true }).click();
	await until(page, "the address", () => /by=src\.ip.*worst=jitter/.test(location.search));
	await shown(page);
	ok((await page.getByText("From here to clients and back").count()) === 2, "of which half?");
	await page.locator(".a-spread .panel-tools button").first().click();
	ok((await page.locator(".a-spread .twin tbody tr").count()) === 13, "the table has all ranges");
	await open(context, "/quality?by=dst.org").then(async ({ page: none }) => {
		await none.getByText("sudo make geo").waitFor();
		await none.close();
	});
	await page.close();
}

/** As high as all of it: the page scrolls within itself. */
const WIDTHS = { 360: 3600, 768: 2400, 1440: 1700 };

export async function qualityChecks() {
	const context = await profile();
	await check("quality: figures are the API's", () => figures(context));
	await check("quality: paths and ranges lead to their flows", () => flows(context));
	await check("quality: by whom, by what, and as tables", () => choices(context));
	await context.close();
	await atWidths("quality", PAGE, WIDTHS, shown);
}
