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

export async function fleetChecks() {
	const context = await profile();
	await check("a hub's Overview has its sensors, and leads to their flows", () =>
		sensors(context),
	);
	await context.close();
	await atWidths("fleet", "/", { 360: 800, 768: 1000, 1440: 1000 }, shown);
	const drawn = (page) =>
		until(page, "lines", () => document.querySelector(".a-most tbody tr"), null, 20000);
	const sizes = { 360: 800, 768: 1000, 1440: 1000 };
	await atWidths("fleet-history", "/history", sizes, drawn);
}
