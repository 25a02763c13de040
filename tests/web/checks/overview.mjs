// SPDX-License-Identifier: BSD-2-Clause
// The Overview and its kin: figures agree with the API, every picture leads into Flows and has a
// table, panels follow the filter.
import { api, check, near, ok, open, profile, until } from "../browser.mjs";

const number = (text) => Number(String(text).replace(/[^\d.]/g, ""));

async function tiles(page) {
	await until(page, "tiles with figures", () => /\d/.test(document.querySelector(".tile-value")?.textContent ?? ""));
	ok((await page.locator(".tile").count()) >= 7, "a tile is missing");
	const shown = number(await page.locator(".tile-value").first().getAttribute("title"));
	const truth = (await api("summary")).active_flows;
	ok(near(shown, truth, 0.3, 20), `${shown} active shown, ${truth} in the API`);
	await until(page, "a moving sparkline", () => document.querySelector(".tile .spark .line"));
	ok(await page.locator(".plot canvas").count(), "no bandwidth chart");
}

async function tops(page) {
	await until(page, "top sources", () => document.querySelector(".a-src .bars li"));
	const truth = (await api("aggregate/source-ip?metric=bytes&live=both&top_n=3")).items.map((i) => i.key);
	const first = await page.locator(".a-src .bars li").first().textContent();
	ok(truth.some((key) => first.includes(key)), `${first} is none of ${truth}`);
	await page.locator(".a-src .bars a").first().click();
	await until(page, "Flows of that source", () => location.pathname === "/flows" && new URL(location.href).searchParams.get("q").startsWith("src.ip="));
	await until(page, "rows", () => document.querySelector(".tr.flow"));
	await page.goBack();
	await until(page, "the Overview again", () => location.pathname === "/" && document.querySelector(".a-src"));
}

async function matrix(page) {
	await until(page, "the matrix", () => document.querySelector(".matrix .piece"));
	await page.getByRole("button", { name: "Protocol × state as a table" }).click();
	const cell = page.locator(".a-matrix td a").first();
	const n = number(await cell.textContent());
	ok(n > 0, "an empty cell is a link");
	await cell.click();
	await until(page, "both terms", () => { const q = new URL(location.href).searchParams.get("q") ?? ""; return q.includes("proto=") && q.includes("state="); });
	await page.goBack();
}

async function follows(context) {
	const { page, seen } = await open(context, "/?q=proto%3Dudp");
	await until(page, "one protocol in the legend", () => { const all = [...document.querySelectorAll(".a-proto .legend li")]; return all.length === 1 && all[0].textContent.includes("UDP"); });
	ok(seen.errors.length === 0, seen.errors.join("; "));
	await page.close();
}

async function hosts(context) {
	const { page } = await open(context, "/hosts");
	await until(page, "hosts", () => document.querySelectorAll("table.data tbody tr").length > 0);
	const truth = (await api("hosts?limit=1000")).items;
	const rows = await page.locator("table.data tbody tr").count();
	ok(near(rows, Math.min(500, truth.length), 0.3, 5), `${rows} hosts shown, ${truth.length} in the API`);
	await page.locator("table.data tbody a").first().click();
	await until(page, "a host's own page", () => location.pathname.startsWith("/hosts/") && document.querySelector(".host-facts"));
	await until(page, "its peers", () => document.querySelector(".a-src .bars li, .a-dst .bars li"));
	await page.close();
}

async function paths(context) {
	const { page } = await open(context, "/paths");
	await until(page, "bands", () => document.querySelectorAll(".sankey .band").length > 0);
	await page.getByRole("button", { name: /as a table/ }).click();
	await page.locator(".a-sankey th a").first().click();
	await until(page, "Flows", () => location.pathname === "/flows");
	await page.close();
}

export async function overviewChecks() {
	const context = await profile();
	const { page, seen } = await open(context, "/");
	await check("tiles, sparklines and the chart have the API's figures", () => tiles(page));
	await check("top lists are the API's and lead into Flows", () => tops(page));
	await check("the matrix has a table and leads into Flows", () => matrix(page));
	await check("no error on the Overview", () => ok(seen.errors.length === 0, seen.errors.join("; ")));
	await check("panels follow the filter", () => follows(context));
	await check("hosts, and one host", () => hosts(context));
	await check("paths, with their table", () => paths(context));
	await context.close();
}
