// SPDX-License-Identifier: BSD-2-Clause
// A hub's Overview leads to the live view of a sensor, which says whose it is and leads back; at every width.
import { check, ok, open, profile, until } from "../browser.mjs";
import { atWidths } from "./widths.mjs";

const WIDTHS = { 360: 800, 768: 1000, 1440: 1000 };
const DOOR = ".a-sensors .live-link";

const marked = (page) =>
	until(
		page,
		"the mark of the sensor, and its figures",
		() =>
			document.querySelector(".sensor-mark .strong")?.textContent === "gw" &&
			document.querySelector(".tiles .tile"),
		null,
		20000,
	);

async function thereAndBack(context) {
	const { page, seen } = await open(context, "/");
	await until(
		page,
		"ways to live views",
		(door) => document.querySelectorAll(door).length === 2,
		DOOR,
		20000,
	);
	await page.locator(".a-sensors tr", { hasText: "gw" }).locator(".live-link").click();
	await page.waitForURL("**/sensor/gw");
	await marked(page);
	await until(page, "it is live", () => document.querySelector(".lamp.ok"), null, 15000);
	ok(/gw$/.test(await page.title()), await page.title());
	await page.locator('.rail a[href="/sensor/gw/flows"]').click();
	await page.waitForURL("**/sensor/gw/flows");
	await until(page, "rows", () => document.querySelector(".grid-body .tr.flow"), null, 15000);
	ok((await page.locator(".sensor-mark").count()) === 1, "the mark stays");
	await page.reload();
	await until(
		page,
		"rows again",
		() => document.querySelector(".grid-body .tr.flow"),
		null,
		15000,
	);
	ok(new URL(page.url()).pathname === "/sensor/gw/flows", page.url());
	await page.locator(".sensor-mark a").click();
	await page.waitForURL((url) => url.pathname === "/");
	await until(
		page,
		"the sensors",
		() => document.querySelector(".a-sensors tbody tr"),
		null,
		20000,
	);
	ok(!seen.errors.length, seen.errors.join("; "));
	await page.close();
}

async function nobody(context) {
	const { page } = await open(context, "/sensor/nobody");
	await until(page, "it says that there is none", () =>
		document
			.querySelector(".sensor-mark.bad .bad-text")
			?.textContent.includes("not served here"),
	);
	await page.close();
}

export async function liveChecks() {
	const context = await profile();
	await check("the Overview of a hub leads to a sensor's live view, and back", () =>
		thereAndBack(context),
	);
	await check("of a sensor that is not listed the page says so", () => nobody(context));
	await context.close();
	await atWidths("live", "/sensor/gw", WIDTHS, marked);
}
