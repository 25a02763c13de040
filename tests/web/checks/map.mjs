// SPDX-License-Identifier: BSD-2-Clause
// The map: nothing without data, what the groups of the API say with it, by keys as by pointer.
import { renameSync, writeFileSync } from "node:fs";
import { api, check, near, ok, open, profile, until } from "../browser.mjs";
import { audit, fits } from "./pages.mjs";
import { atWidths } from "./widths.mjs";

// by four addresses of 203.0.113.0/24 from 8 on, where the scene's sites are, and 198.51.100.0/24 from 20
const SITES = "US DE US JP FR GB BR IN SG US NL AU";
const OTHERS = "IE US SE CA ZA KR HK PL";

const ranges = () => [
	...SITES.split(" ").map((code, i) => `203.0.113.${8 + 4 * i}/30,${code}`),
	...OTHERS.split(" ").map((code, i) => `198.51.100.${20 + 4 * i}/30,${code}`),
	"203.0.113.200/30,FI",
	"2001:db8:2::/48,CH",
];

const inUse = async () => (await api("geo")).items.some((one) => one.in_use);

/** The daemon learns where the scene's addresses are, once; false: it was not told of a file for that. */
export async function giveCountries() {
	const file = process.env.FLOWBPF_GEO;
	if (!file) return false;
	if (!(await inUse())) {
		writeFileSync(`${file}.new`, `${ranges().join("\n")}\n`);
		renameSync(`${file}.new`, file);
	}
	for (let tries = 0; !(await inUse()); tries++) {
		ok(tries < 300, "the daemon does not take the ranges");
		await new Promise((go) => setTimeout(go, 200));
	}
	for (let tries = 0; !(await countries("dst")).length; tries++) {
		ok(tries < 300, "no flow has a country");
		await new Promise((go) => setTimeout(go, 200));
	}
	return true;
}

async function countries(end) {
	const path = `flows?group_by=${end}.country&live=both&sort=-bytes&limit=300`;
	return (await api(path)).items.filter(({ key }) => key);
}

const country = (page, code) => page.locator(`.world a[data-code=${code}]`);
const shown = (page) => until(page, "a country", () => document.querySelector(".world a"));

async function withoutData(context) {
	ok(!(await inUse()), "there is data already");
	const { page, seen } = await open(context, "/map");
	await page.getByRole("heading", { name: "No data on countries" }).waitFor();
	const text = await page.locator(".notice").textContent();
	ok(text.includes("sudo make geo") && /\.csv: No such file/.test(text), text);
	await fits(page);
	const wrong = await audit(page);
	ok(!wrong.length, wrong.join("\n# "));
	await giveCountries();
	await until(page, "the map, by itself", () => document.querySelector(".world a"), null, 20000);
	ok(!seen.errors.length, seen.errors.join("; "));
	await page.close();
}

async function figures(context) {
	const { page, seen } = await open(context, "/map?metric=count");
	await shown(page);
	await page.getByRole("button", { name: /Destinations by country as a table/ }).click();
	await page.locator(".twin tbody tr").first().waitFor();
	const rows = await page.$$eval(".twin tbody tr", (list) =>
		list.map((tr) => [tr.cells[0].textContent, Number(tr.cells[1].title)]),
	);
	const of = (name) => rows.find(([text]) => text.includes(name))?.[1] ?? 0;
	const all = (await api("flows?group_by=dst.country&live=live&limit=300")).items;
	for (const { key, flows } of all.filter((group) => ["US", "DE", "SG"].includes(group.key)))
		ok(near(of(` ${key}`), flows, 0.3, 5), `${key}: ${of(` ${key}`)}, not ${flows}`);
	const none = all.find(({ key }) => !key)?.flows ?? 0;
	const rest = of("Private addresses") + of("Country not known");
	ok(none > 0 && near(rest, none, 0.3, 5), `${rest} without a country, not ${none}`);
	ok(!seen.external.length, `asked others: ${seen.external}`);
	await page.close();
}

/** By the keyboard alone: one stop, arrows by rank, Enter goes to the flows. */
async function keys(context) {
	const { page } = await open(context, "/map");
	await shown(page);
	ok((await page.locator('.world a[tabindex="0"]').count()) === 1, "more than one stop");
	await page.locator(".panel-open").first().focus();
	await page.keyboard.press("Tab");
	const at = () => page.evaluate(() => document.activeElement.dataset.code);
	const first = await at();
	const [most] = await countries("dst");
	ok(first === most.key, `the first stop is ${first}, the most has ${most.key}`);
	await page.keyboard.press("ArrowRight");
	const second = await at();
	ok(second && second !== first, "the arrow goes nowhere");
	await page.keyboard.press("Home");
	ok((await at()) === first, "Home is not the first");
	ok(
		(await page.locator(".world-said").textContent()).includes(
			new Intl.DisplayNames("en", { type: "region" }).of(first),
		),
		"what has the focus is not told",
	);
	await page.keyboard.press("Enter");
	await until(
		page,
		"its flows",
		(q) => location.pathname === "/flows" && new URL(location.href).searchParams.get("q") === q,
		`dst.country=${first}`,
	);
	await until(page, "rows", () => document.querySelector(".tr.flow"));
	await page.close();
}

/** Too small for an outline, not for a click; the address says what is shown. */
async function pointer(context) {
	const { page } = await open(context, "/map");
	await shown(page);
	await page.getByRole("button", { name: "Flows", exact: true }).click();
	await page.getByLabel("Scope").selectOption("internal-external");
	await until(
		page,
		"the address",
		() =>
			/metric=count/.test(location.search) && /scope=internal-external/.test(location.search),
	);
	await page.reload();
	await country(page, "SG").locator("circle").hover();
	await until(page, "Singapore's figures", () =>
		/^Singapore: .*\d/.test(document.querySelector(".world-said").textContent),
	);
	await country(page, "SG").locator("circle").click();
	await until(page, "its flows", () => location.search.includes("dst.country%3DSG"));
	await page.goBack();
	await shown(page);
	await page.getByRole("button", { name: "Source", exact: true }).click();
	const link = page.locator(".a-countries a", { hasText: "Private addresses" });
	await link.click();
	await until(page, "flows of private sources", () => document.querySelector(".tr.flow"));
	ok(page.url().includes("src.country"), page.url());
	await page.close();
}

async function spoken() {
	const context = await profile({ locale: "de-DE" });
	const { page } = await open(context, "/map");
	await shown(page);
	const label = await country(page, "US").getAttribute("aria-label");
	ok(label.startsWith("Vereinigte Staaten: "), label);
	await context.close();
}

const WIDTHS = { 360: 780, 768: 1024, 1440: 900 };

/** Before all others: they are shown the countries that this gives. */
export async function mapChecks() {
	const context = await profile({ colorScheme: "light" });
	await check("without data the map says how to get some, and comes with it", () =>
		withoutData(context),
	);
	await giveCountries();
	await check("the map's table is what the groups say", () => figures(context));
	await check("the map by keys", () => keys(context));
	await check("the map by pointer, kept in the address", () => pointer(context));
	await check("countries are named in the page's language", spoken);
	await context.close();
	await atWidths("map", "/map", WIDTHS, shown);
}
