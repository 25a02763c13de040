// SPDX-License-Identifier: BSD-2-Clause
// The Overview of a hub: its sensors as the API has them, who is not well first; at every width.
import { api, check, ok, open, profile, until } from "../browser.mjs";
import { atWidths } from "./widths.mjs";

const shown = (page) =>
	until(page, "sensors", () => document.querySelector(".a-sensors tbody tr"), null, 20000);
const names = (page) =>
	page.$$eval(".a-sensors tbody tr", (rows) => rows.map((tr) => tr.cells[0].textContent));

async function sensors(context) {
	const { page, seen } = await open(context, "/");
	await shown(page);
	const said = await api("fleet/sensors");
	ok(said.items.length > 1, "there are sensors");
	ok(
		JSON.stringify((await names(page)).sort()) ===
			JSON.stringify(said.items.map((s) => s.sensor).sort()),
		`${await names(page)}`,
	);
	const ill = said.items.filter((s) => s.state !== "ok").map((s) => s.sensor);
	ok(!ill.length || ill.includes((await names(page))[0]), `${ill} first`);
	await page.locator(".a-sensors thead button").first().click();
	await until(page, "sorted by name", () => /sort=-?sensor/.test(location.search));
	await page.locator(".a-sites").getByRole("button", { name: "region" }).click();
	await until(page, "groups of a tag", () =>
		document.querySelector(".a-sites .bars")?.textContent.includes("north"),
	);
	await page.locator(".a-sensors tbody a").first().click();
	await until(page, "its flows", () =>
		/^sensor\.id/.test(new URL(location.href).searchParams.get("q")),
	);
	ok(!seen.errors.length, seen.errors.join("; "));
	await page.close();
}

async function countedOnce(context) {
	const { page, seen } = await open(context, "/");
	await shown(page);
	const asked = page.waitForResponse((answer) => /history\/top\?.*once=true/.test(answer.url()));
	await page.getByRole("button", { name: "Count once" }).click();
	const top = await (await asked).json();
	const all = await api("history/top?by=total&since=-1h");
	const one = await api("history/top?by=total&since=-1h&once=true");
	const moved = (answer) => answer.total.bytes.up + answer.total.bytes.down;
	ok(moved(top) > 0 && moved(one) < moved(all), `${moved(one)} of ${moved(all)}`);
	ok(/[?&]once=1/.test(page.url()), page.url());
	await page.locator(".rail a[href^='/flows']").click();
	await until(page, "it goes along", () => /[?&]once=1/.test(location.search));
	await page.getByRole("button", { name: "Count once" }).click();
	await until(page, "each sensor counts again", () => !/once/.test(location.search));
	const errors = seen.errors.filter((error) => !NOT_ITS_OWN.test(error));
	ok(!errors.length, errors.join("; "));
	await page.close();
}

export async function fleetChecks() {
	const context = await profile();
	await check("a hub's Overview has its sensors, and leads to their flows", () =>
		sensors(context),
	);
	await check("what several sensors saw counts once, where that is chosen", () =>
		countedOnce(context),
	);
	await context.close();
	await atWidths("fleet", "/", { 360: 800, 768: 1000, 1440: 1000 }, shown);
	const drawn = (page) =>
		until(page, "lines", () => document.querySelector(".a-most tbody tr"), null, 20000);
	const sizes = { 360: 800, 768: 1000, 1440: 1000 };
	await atWidths("fleet-history", "/history", sizes, drawn);
}
