// SPDX-License-Identifier: BSD-2-Clause
// The Overview and its kin: figures agree with the API, every picture leads into Flows and has a
// table, panels follow the filter.
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { api, base, busy, check, near, ok, open, profile, until } from "../browser.mjs";

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

const settled = (page) =>
	until(page, "the busiest hosts", () => document.querySelector(".talkers tbody tr"));

const shares = (page) =>
	page.$$eval(".talkers .talker-share", (cells) =>
		cells.map((c) => Number(/[\d.]+(?= %)/.exec(c.textContent))),
	);

/** Who talks to what right now, on the first screen; each row is a way to its flows. */
async function talkers(page) {
	await settled(page);
	const truth = (await api("flows?group_by=src.ip&sort=-rate_bps&limit=6")).items;
	const first = await page.locator(".talkers tbody tr").first().textContent();
	ok(
		truth.some((g) => first.includes(g.key) && first.includes(g.label ?? "")),
		`${first} is none of ${truth.map((g) => g.key)}`,
	);
	const { height } = page.viewportSize();
	for (const area of [".a-talkers", ".a-dst", ".a-service"]) {
		const box = await page.locator(area).boundingBox();
		ok(box.y + box.height <= height, `${area} ends at ${box.y + box.height} of ${height}`);
	}
	const all = (await shares(page)).reduce((a, b) => a + b, 0);
	ok(all > 30 && all <= 101, `shares of ${all} %`);
	await page.locator(".talkers .row-link").first().click();
	await until(
		page,
		"Flows of that host",
		() =>
			location.pathname === "/flows" &&
			new URL(location.href).searchParams.get("q").startsWith("src.ip="),
	);
	await until(page, "rows", () => document.querySelector(".tr.flow"));
	await page.goBack();
	await settled(page);
	await page.locator(".talk").first().click();
	await until(page, "one conversation", () => {
		const q = new URL(location.href).searchParams.get("q") ?? "";
		return q.includes("src.ip=") && q.includes("dst.");
	});
	await page.goBack();
	await settled(page);
	await page.locator(".a-traffic").getByRole("link", { name: "Interfaces" }).click();
	await until(page, "the interfaces", () => location.pathname === "/interfaces");
	await page.goBack();
	await settled(page);
}

/** By bytes and by flows; inside and outside. */
async function ranked(page) {
	for (const [word, sort] of [
		["Bytes", "-bytes"],
		["Flows", "-flows"],
	]) {
		await page
			.getByRole("group", { name: "Ranked by" })
			.getByRole("button", { name: word })
			.click();
		const live = word === "Bytes" ? "both" : "live";
		const [most] = (await api(`flows?group_by=src.ip&sort=${sort}&live=${live}&limit=1`)).items;
		await until(
			page,
			`${most.key} by ${word}`,
			(key) =>
				[...document.querySelectorAll(".talkers tbody tr")]
					.slice(0, 3)
					.some((row) => row.textContent.includes(key)),
			most.key,
		);
	}
	const of = page.getByRole("group", { name: "Side of the network" });
	await of.getByRole("button", { name: "External" }).click();
	await until(page, "outside destinations alone", () => {
		const keys = [...document.querySelectorAll(".a-dst .bars .mono")].map((k) => k.textContent);
		return keys.length > 0 && !keys.some((key) => key.startsWith("10."));
	});
	await of.getByRole("button", { name: "All" }).click();
	await page
		.getByRole("group", { name: "Ranked by" })
		.getByRole("button", { name: "Rate" })
		.click();
}

/** HTTP on a port of another service is said, and leads to its flow. */
async function attention(context) {
	const { page } = await open(context, "/");
	const [chat] = (await api("flows?filter=dst.port=5222%20and%20family=4&live=both&limit=1"))
		.items;
	const socket = connect(5222, chat.dst.ip);
	socket.on("error", () => {});
	socket.write("GET / HTTP/1.1\r\nHost: odd.example.org\r\n\r\n");
	const item = page.locator(".attend", { hasText: "odd port" });
	await item.waitFor({ timeout: 20000 * busy() });
	await item.click();
	await until(page, "that flow", () =>
		[...document.querySelectorAll(".tr.flow")].some((row) => row.textContent.includes(":5222")),
	);
	socket.destroy();
	await page.close();
}

/** On a phone, where a thing to touch is high: what is found late, and much of it, moves nothing. */
async function attentionInPlace() {
	const context = await profile({
		viewport: { width: 360, height: 780 },
		hasTouch: true,
		isMobile: true,
	});
	const page = await context.newPage();
	let tell;
	const told = new Promise((done) => (tell = done));
	await page.route(/group_by=name\.flags/, async (route) => {
		await told;
		const keys = ["unexplained", "mixed_script", "overlap"];
		const items = keys.map((key) => ({ key, flows: 1234 }));
		await route.fulfill({ json: { items, page: { matched: 3, total: 3 } } });
	});
	await page.route("**/new-destinations", async (route) => {
		await told;
		const [src, dst] = ["10.0.1.101", "203.0.113.7"].map((ip) => ({ ip, host: null }));
		const item = { time: new Date().toISOString(), src, dst };
		await route.fulfill({ json: { learn_s: 3600, items: [item] } });
	});
	await page.goto(`${base}/`);
	const top = () => page.evaluate(() => document.querySelector(".panels")?.offsetTop);
	await until(page, "talkers", () => document.querySelector(".talkers tbody tr"));
	const before = await top();
	tell();
	await until(page, "all that needs attention", () => document.querySelector(".attend.bad"));
	const after = await top();
	ok(before === after, `the panels began at ${before} px and moved to ${after}`);
	const fresh = page.getByRole("link", { name: "1 new destination", exact: true });
	const to = new URL(await fresh.getAttribute("href"), base).searchParams.get("q");
	ok(to === "(src.ip=10.0.1.101 and dst.ip=203.0.113.7)", `it leads to ${to}`);
	await context.close();
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

/** A chart of rates has a table and files, as all have. */
export async function rateFiles(page, panel) {
	const tools = page.locator(panel);
	const file = await downloaded(page, "Rate", "Table as CSV");
	const [head, first] = readFileSync(await file.path(), "utf8").split("\r\n");
	ok(
		head === "Time,Upload,Download" && /^\d{4}-[^,]+Z,\d*,\d*$/.test(first),
		`${head}: ${first}`,
	);
	const png = await downloaded(page, "Rate", "Chart as PNG");
	ok(readFileSync(await png.path()).toString("latin1", 1, 4) === "PNG", "no picture");
	await tools.getByRole("button", { name: "Rate as a table" }).click();
	await tools.locator("tbody tr").first().waitFor();
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
	await rateFiles(page, ".a-traffic");
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
	await settled(page);
	for (const range of ["5m", "15m", "1h", "6h", "24h", "7d"]) {
		// an hour and more are asked of the history, which has flows once they ended, or each minute
		const kept = !range.endsWith("m");
		const words = kept
			? ["/history/series?", `since=-${range}`]
			: ["/series?", `range=${range}`];
		const asked = page.waitForRequest((request) =>
			[...words, "by=total"].every((word) => request.url().includes(word)),
		);
		await page.selectOption(".range-select", range);
		await asked;
		await until(
			page,
			`figures of ${range}`,
			() =>
				/\d/.test(document.querySelector(".a-traffic .panel-note").textContent) &&
				document.querySelector(".talkers tbody tr"),
			null,
			kept ? 90000 : 8000,
		);
	}
	await page.selectOption(".range-select", "live");
	ok(!page.url().includes("range="), page.url());
	// the past is asked by other checks of this login, too, and only so many at once: figures came all the same
	const errors = seen.errors.filter((text) => !text.includes("429 (Too Many Requests)"));
	ok(errors.length === 0, errors.join("; "));
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
	// not a whole minute: the browser writes that without its seconds
	const earlier = from - 3600 - (from % 60 ? 0 : 1);
	const local = new Date((earlier - new Date().getTimezoneOffset() * 60) * 1000);
	await page.getByLabel("From", { exact: true }).fill(local.toISOString().slice(0, 19));
	await until(page, "an hour more", (was) => location.search.includes(`at=${was}-`), earlier);
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
	await page.locator(".a-window").scrollIntoViewIfNeeded(); // all of the chart above it
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

async function downloaded(page, title, item) {
	await page.getByRole("button", { name: `Download ${title}`, exact: true }).click();
	const [file] = await Promise.all([
		page.waitForEvent("download"),
		page.getByRole("menuitem", { name: item }).click(),
	]);
	return file;
}

async function csv(context) {
	const { page } = await open(context, "/");
	await settled(page);
	const names = await page.locator('.panel button[aria-label^="Download "]').count();
	ok(names >= 8, `${names} panels can be had as files`);
	const file = await downloaded(page, "Top hosts", "Table as CSV");
	const lines = readFileSync(await file.path(), "utf8")
		.trim()
		.split("\r\n");
	const head = "src.ip,Name,Talks to,Flows,Up,Down,Bytes";
	ok(lines[0] === head && lines.length > 1, lines.slice(0, 2).join(" | "));
	ok(/^[0-9a-f.:]+,[^,]*,[^,]*(,\d+){4}$/.test(lines[1]), lines[1]);
	await page.close();
	return `${names} panels, ${lines.length - 1} sources`;
}

async function history(context) {
	const { page, seen } = await open(context, "/history");
	const legend = (what, text) =>
		until(
			page,
			`${what} in the legend`,
			(word) =>
				[...document.querySelectorAll(".a-makeup .plot-legend li")].some((li) =>
					li.textContent.includes(word),
				),
			text,
		);
	const choose = (name) => page.getByRole("button", { name, exact: true }).click();
	await legend("names of hosts", ".local");
	await choose("Protocol");
	await legend("protocols", "TCP");
	await choose("Interface");
	await legend("interfaces", "lan");
	await choose("Service");
	await legend("services", "HTTPS");
	await choose("Share");
	await legend("shares", "%");
	await page.getByRole("button", { name: "Breakdown as a table" }).click();
	const shares = page.locator(".a-makeup tbody tr").first().locator("td");
	const sum = (await shares.allTextContents()).reduce(
		(n, text) => n + (parseFloat(text.replace("<", "")) || 0),
		0,
	);
	ok(Math.abs(sum - 100) < 3, `shares add up to ${sum}`);
	ok(
		(await page.locator(".a-monitor .gauge .plot canvas").count()) === 4,
		"what flowbpf itself takes",
	);
	const png = readFileSync(
		await (await downloaded(page, "flowbpf itself", "Chart as PNG")).path(),
	);
	ok(png.toString("latin1", 1, 4) === "PNG" && png.length > 8000, `${png.length} bytes of PNG`);
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
		(ids) => ids.every((id) => document.querySelector(".settings")?.textContent.includes(id)),
		programs.map((p) => String(p.id)),
	);
	const files = (await api("geo")).items.map((one) => one.file);
	await until(
		page,
		"whose databases of places there are",
		(names) => {
			const text = document.querySelector(".settings")?.textContent;
			return names.every((name) => text?.includes(name));
		},
		files.length ? files : ["sudo make geo"],
	);
	await page.close();
	return programs.map((p) => `${p.name} ${p.id}`).join(", ");
}

export async function overviewChecks() {
	const context = await profile();
	const { page, seen } = await open(context, "/");
	await check("tiles, sparklines and the chart have the API's figures", () => tiles(page));
	await check("the first screen says who talks to what, and leads there", () => talkers(page));
	await check("hosts and destinations by bytes, by flows, by side", () => ranked(page));
	await check("what needs attention is said", () => attention(context));
	await check("what needs attention has its room before it is known", attentionInPlace);
	await check("the matrix has a table and leads into Flows", () => matrix(page));
	await check("no error on the Overview", () =>
		ok(seen.errors.length === 0, seen.errors.join("; ")),
	);
	await check("panels follow the filter", () => follows(context));
	await check("every range from five minutes to a week", () => ranges(context));
	await check("a time is chosen from a moment to a moment", () => moments(context));
	await check("a stretch of the chart becomes the time of all pages", () => brush(context));
	await check("panels as CSV, exact", () => csv(context));
	await check("history: what rates were made of, windows", () => history(context));
	await check("about: the programs in the kernel", () => about(context));
	await check("hosts, and one host", () => hosts(context));
	await check("paths, with their table", () => paths(context));
	await context.close();
}
