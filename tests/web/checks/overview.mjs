// SPDX-License-Identifier: BSD-2-Clause
// The Overview and its kin: figures agree with the API, every picture leads into Flows and has a
// table, panels follow the filter.
import { readFileSync } from "node:fs";
import { api, check, near, ok, open, profile, until } from "../browser.mjs";

const number = (text) => Number(String(text).replace(/[^\d.]/g, ""));

async function tiles(page) {
	await until(page, "tiles with figures", () =>
		/\d/.test(document.querySelector(".tile-value")?.textContent ?? ""),
	);
	ok((await page.locator(".tile").count()) >= 7, "a tile is missing");
	const shown = number(await page.locator(".tile-value").first().getAttribute("title"));
	const truth = (await api("summary")).active_flows;
	ok(near(shown, truth, 0.3, 20), `${shown} active shown, ${truth} in the API`);
	await until(page, "a moving sparkline", () => document.querySelector(".tile .spark .line"));
	ok(await page.locator(".plot canvas").count(), "no bandwidth chart");
}

async function tops(page) {
	await until(page, "top sources", () => document.querySelector(".a-src .bars li"));
	const truth = (await api("aggregate/source-ip?metric=bytes&live=both&top_n=3")).items.map(
		(i) => i.key,
	);
	const first = await page.locator(".a-src .bars li").first().textContent();
	ok(
		truth.some((key) => first.includes(key)),
		`${first} is none of ${truth}`,
	);
	await page.locator(".a-src .bars a").first().click();
	await until(
		page,
		"Flows of that source",
		() =>
			location.pathname === "/flows" &&
			new URL(location.href).searchParams.get("q").startsWith("src.ip="),
	);
	await until(page, "rows", () => document.querySelector(".tr.flow"));
	await page.goBack();
	await until(
		page,
		"the Overview again",
		() => location.pathname === "/" && document.querySelector(".a-src"),
	);
}

async function matrix(page) {
	await until(page, "the matrix", () => document.querySelector(".matrix .piece"));
	await page.getByRole("button", { name: "Protocol × state as a table" }).click();
	const cell = page.locator(".a-matrix td a").first();
	const n = number(await cell.textContent());
	ok(n > 0, "an empty cell is a link");
	await cell.click();
	await until(page, "both terms", () => {
		const q = new URL(location.href).searchParams.get("q") ?? "";
		return q.includes("proto=") && q.includes("state=");
	});
	await page.goBack();
}

async function follows(context) {
	const { page, seen } = await open(context, "/?q=proto%3Dudp");
	await until(page, "one protocol in the legend", () => {
		const all = [...document.querySelectorAll(".a-proto .legend li")];
		return all.length === 1 && all[0].textContent.includes("UDP");
	});
	ok(seen.errors.length === 0, seen.errors.join("; "));
	await page.close();
}

async function hosts(context) {
	const { page } = await open(context, "/hosts");
	await until(page, "hosts", () => document.querySelectorAll("table.data tbody tr").length > 0);
	const truth = (await api("hosts?limit=1000")).items;
	const rows = await page.locator("table.data tbody tr").count();
	ok(
		near(rows, Math.min(500, truth.length), 0.3, 5),
		`${rows} hosts shown, ${truth.length} in the API`,
	);
	await page.locator("table.data tbody a").first().click();
	await until(
		page,
		"a host's own page",
		() => location.pathname.startsWith("/hosts/") && document.querySelector(".host-facts"),
	);
	await until(page, "its peers", () =>
		document.querySelector(".a-src .bars li, .a-dst .bars li"),
	);
	await page.goto(`${new URL(page.url()).origin}/hosts/192.0.2.99`);
	await until(page, "the reason why there is nothing", () =>
		document.querySelector(".notice")?.textContent.includes("192.0.2.99"),
	);
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

async function ranges(context) {
	const { page, seen } = await open(context, "/");
	await until(page, "the Overview", () => document.querySelector(".a-src .bars li"));
	for (const range of ["5m", "15m", "1h", "6h", "24h"]) {
		const asked = page.waitForRequest(
			(request) =>
				request.url().includes("/series?") &&
				request.url().includes(`range=${range}`) &&
				request.url().includes("by=total"),
		);
		await page.selectOption(".range-select", range);
		await asked;
		await until(
			page,
			`figures of ${range}`,
			() =>
				/\d/.test(document.querySelector(".a-traffic .panel-note").textContent) &&
				document.querySelector(".a-src .bars li"),
		);
	}
	await page.selectOption(".range-select", "live");
	ok(!page.url().includes("range="), page.url());
	ok(seen.errors.length === 0, seen.errors.join("; "));
	await page.close();
}

/** From a moment to a moment, in the viewer's own zone. */
async function moments(context) {
	const { page } = await open(context, "/flows");
	const at = () => /at=(\d+)-(\d+)/.exec(page.url()).slice(1).map(Number);
	await page.selectOption(".range-select", "between");
	await until(
		page,
		"a time to change",
		() => document.querySelectorAll(".moment input").length === 2,
	);
	const [from, to] = at();
	const local = new Date((from - 3600 - new Date().getTimezoneOffset() * 60) * 1000);
	await page.getByLabel("From", { exact: true }).fill(local.toISOString().slice(0, 19));
	await until(page, "an hour more", (was) => location.search.includes(`at=${was}-`), from - 3600);
	ok(at()[1] === to, page.url());
	await until(page, "flows of that time", () => document.querySelector(".tr.flow"));
	await page.getByRole("button", { name: "Show now" }).click();
	await until(page, "now again", () => !document.querySelector(".timebar"));
	await page.close();
}

/** Drag over the last part of the chart: all pages show that time. */
async function brush(context) {
	const { page } = await open(context, "/");
	await until(page, "a chart of some seconds", () => document.querySelector(".a-traffic canvas"));
	await until(page, "a line of some seconds", () => {
		const path = document.querySelector(".tile .spark .line")?.getAttribute("d") ?? "";
		return (path.match(/[ML]/g) ?? []).length >= 3;
	});
	const box = await page.locator(".a-traffic .u-over").boundingBox();
	await page.mouse.move(box.x + box.width * 0.5, box.y + 60);
	await page.mouse.down();
	await page.mouse.move(box.x + box.width * 0.95, box.y + 70, { steps: 5 });
	await page.mouse.up();
	await until(page, "the time in the address", () => /at=\d+-\d+/.test(location.search));
	await until(page, "the time told", () => document.querySelector(".timebar"));
	await page.locator('.rail a[href^="/flows"]').click();
	await until(page, "rows of that time", () => document.querySelector(".tr.flow"));
	const [from, to] = /at=(\d+)-(\d+)/
		.exec(page.url())
		.slice(1)
		.map((s) => new Date(s * 1000).toISOString());
	const truth = (
		await api(
			`flows?live=both&limit=1&filter=${encodeURIComponent(`last_seen>=${from} and first_seen<=${to}`)}`,
		)
	).page.matched;
	const shown = number(await page.locator("h1 .badge").textContent());
	ok(near(shown, truth, 0.2, 5), `${shown} flows shown, ${truth} in the API`);
	await page.getByRole("button", { name: "Show now" }).click();
	ok(!page.url().includes("at="), page.url());
	await page.close();
	return `${shown} flows in ${Math.round((Date.parse(to) - Date.parse(from)) / 1000)} s`;
}

async function csv(context) {
	const { page } = await open(context, "/");
	await until(page, "top sources", () => document.querySelector(".a-src .bars li"));
	const names = await page.locator('button[aria-label$="as CSV"]').count();
	ok(names >= 8, `${names} panels can be had as CSV`);
	const [file] = await Promise.all([
		page.waitForEvent("download"),
		page.getByRole("button", { name: "Top sources as CSV" }).click(),
	]);
	const lines = readFileSync(await file.path(), "utf8")
		.trim()
		.split("\r\n");
	ok(lines[0] === "src.ip,Name,Flows,Bytes" && lines.length > 1, lines.slice(0, 2).join(" | "));
	ok(/^[0-9a-f.:]+,[^,]*,\d+,\d+$/.test(lines[1]), lines[1]);
	await page.close();
	return `${names} panels, ${lines.length - 1} sources`;
}

async function history(context) {
	const { page, seen } = await open(context, "/history");
	await until(page, "protocols in the legend", () =>
		[...document.querySelectorAll(".a-makeup .plot-legend li")].some((li) =>
			li.textContent.includes("TCP"),
		),
	);
	await page.getByRole("button", { name: "Interface" }).click();
	await until(page, "interfaces in the legend", () =>
		[...document.querySelectorAll(".a-makeup .plot-legend li")].some((li) =>
			li.textContent.includes("lan"),
		),
	);
	await until(page, "a closed window", () => document.querySelector(".window-bar"), null, 15000);
	await page.locator(".window-bar").last().click();
	await until(page, "its figures", () =>
		/\d+ flows/.test(document.querySelector(".window-detail")?.textContent ?? ""),
	);
	ok(await page.locator(".ring-box").count(), "no ring of the window that fills");
	ok(seen.errors.length === 0, seen.errors.join("; "));
	await page.close();
}

async function about(context) {
	const { page } = await open(context, "/settings");
	const { programs } = await api("health");
	await until(
		page,
		"the programs",
		(ids) => ids.every((id) => document.querySelector(".settings").textContent.includes(id)),
		programs.map((p) => String(p.id)),
	);
	await page.close();
	return programs.map((p) => `${p.name} ${p.id}`).join(", ");
}

export async function overviewChecks() {
	const context = await profile();
	const { page, seen } = await open(context, "/");
	await check("tiles, sparklines and the chart have the API's figures", () => tiles(page));
	await check("top lists are the API's and lead into Flows", () => tops(page));
	await check("the matrix has a table and leads into Flows", () => matrix(page));
	await check("no error on the Overview", () =>
		ok(seen.errors.length === 0, seen.errors.join("; ")),
	);
	await check("panels follow the filter", () => follows(context));
	await check("every range from five minutes to a day", () => ranges(context));
	await check("a time is chosen from a moment to a moment", () => moments(context));
	await check("a stretch of the chart becomes the time of all pages", () => brush(context));
	await check("panels as CSV, exact", () => csv(context));
	await check("history: what rates were made of, windows", () => history(context));
	await check("about: the programs in the kernel", () => about(context));
	await check("hosts, and one host", () => hosts(context));
	await check("paths, with their table", () => paths(context));
	await context.close();
}
