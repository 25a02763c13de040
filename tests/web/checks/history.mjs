// SPDX-License-Identifier: BSD-2-Clause
// What is past: sums and hours of the History page as the API has them, the flows behind a row, one
// of them in full, the page of a period on paper, and the strip on which a time is chosen.
import { api, base, check, near, ok, open, profile, until } from "../browser.mjs";
import { word } from "../words.mjs";
import { atWidths } from "./widths.mjs";

const PAGE = "/history?range=24h&by=name";
const PATIENCE = 40000; // sums are written each ten seconds, flows when they have ended
const shown = (page) =>
	until(page, "a sum", () => document.querySelector(".a-most tbody tr a"), null, PATIENCE);
const paper = (page) =>
	until(page, "the report", () => document.querySelector(".report-list tr"), null, PATIENCE);

const ended = async () =>
	(
		await (
			await fetch("/api/v1/flows?source=history&live=closed&limit=1&filter=proto%3Dtcp")
		).json()
	).items.length;

const bytesOf = ({ bytes }) => bytes.up + bytes.down;
const UNITS = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9 };
const number = (text) => {
	const [value, unit] = text.split(" ");
	return Number(value) * UNITS[unit];
};

async function sums(context) {
	const { page, seen } = await open(context, PAGE);
	await shown(page);
	const rows = await page.$$eval(".a-most tbody tr", (list) =>
		list.map((tr) => [...tr.cells].map((cell) => cell.textContent)),
	);
	const { items } = await api("history/top?by=name&limit=100&since=-24h");
	const [name, , , bytes] = rows.find(([first]) => !first.startsWith("not known"));
	const same = items.find(({ key }) => key === name);
	ok(same && near(number(bytes), bytesOf(same), 0.3, 1000), `${name}: ${bytes}`);
	const hour = () => document.querySelector('.heat td[class^="shade"]');
	await until(page, "an hour of the week", hour, null, PATIENCE);
	ok((await page.locator(".heat tbody td").count()) === 7 * 24, "a week has 168 hours");
	await page.locator(".a-most select").first().selectOption("host");
	await until(page, "hosts", () => !location.search.includes("by="));
	await shown(page);
	ok(page.url().includes("range=24h"), page.url());
	ok(!seen.errors.length, seen.errors.join("; "));
	await page.close();
}

/** A row leads to its flows; one that has ended is there in full, at an address of its own. */
async function flows(context) {
	const { page, seen } = await open(context, "/history?range=24h&by=protocol");
	await shown(page);
	await until(page, "a flow that has ended", ended, null, PATIENCE);
	await page.locator(".a-most tbody tr a", { hasText: "TCP" }).click();
	await until(page, "its flows", () => document.querySelector(".tr.flow"), null, PATIENCE);
	ok(/range=24h/.test(page.url()) && /proto/.test(page.url()), page.url());
	ok((await page.getByText("Answers are of the history").count()) === 1, "whose answers?");
	ok(!(await page.locator('[data-key="rate"]').count()), "what is past has no rate");
	const { items } = await api(
		"flows?source=history&since=-24h&live=closed&limit=1&filter=proto%3Dtcp",
	);
	await page.goto(new URL(`/flows/${items[0].id}`, page.url()).href);
	await until(page, "the flow in full", () => document.querySelector(".drawer .facts"));
	ok((await page.locator(".drawer").textContent()).includes(items[0].dst.ip), "another flow");
	ok(!seen.errors.length, seen.errors.join("; "));
	await page.close();
}

async function report(context) {
	const { page, seen } = await open(context, "/report?range=24h");
	await paper(page);
	const { total } = await api("history/top?by=total&since=-24h");
	const said = await page.locator(".report-totals dd").nth(1).textContent();
	ok(near(number(said), total.bytes.down, 0.3, 1000), said);
	await page.emulateMedia({ media: "print" });
	ok(!(await page.locator(".rail").isVisible()), "paper has no rail");
	ok(!(await page.getByRole("button", { name: "Print" }).isVisible()), "paper has no button");
	ok(!seen.errors.length, seen.errors.join("; "));
	await page.close();
}

const strip = async (page) => {
	await until(
		page,
		"rates on the strip",
		() => (document.querySelector(".time-box .down")?.getAttribute("d") ?? "").includes("H"),
		null,
		PATIENCE,
	);
	return page.locator(".time-box").boundingBox();
};
const chosen = (page) =>
	(/at=(\d+)-(\d+)/.exec(decodeURIComponent(page.url())) ?? []).slice(1).map(Number);
const isMoment = (page) =>
	until(page, "a moment in the address", () => /at=(\d+)-\1(&|$)/.test(location.search));
const thumb = (page) => page.getByRole("slider", { name: word("time.timeShown") });

/** A stretch is drawn, moved whole and by an edge; a click is a moment; pages follow all of it. */
/** What the judge said of windows: the last one's counts are the API's, of one of the last. */
async function judged(context) {
	const { page, seen } = await open(context, "/history");
	const panel = page.locator(".a-predictions");
	await panel.locator(".gauge canvas").nth(3).waitFor({ timeout: PATIENCE });
	const counts = await panel.locator(".plot-legend li b").allTextContents();
	const { items } = await api("windows");
	const told = items
		.slice(-3)
		.map(({ predictions: { allow, inspect, deny } }) => [allow, inspect, deny].join());
	ok(told.includes(counts.join()), `${counts} of ${told.join("; ")}`);
	ok(!seen.errors.length, seen.errors.join("; "));
	await page.close();
}

async function byMouse(context) {
	const { page, seen } = await open(context, "/flows?range=15m");
	const box = await strip(page);
	const y = box.y + box.height / 2;
	const x = (part) => box.x + box.width * part;
	const drag = async (from, to) => {
		await page.mouse.move(x(from), y);
		await page.mouse.down();
		await page.mouse.move(x(to), y, { steps: 4 });
		await page.mouse.up();
	};
	await drag(0.5, 0.9);
	await until(page, "a stretch in the address", () => /at=\d+-\d+/.test(location.search));
	const drawn = chosen(page);
	ok(near(drawn[1] - drawn[0], 0.4 * 900, 0.02, 2), `drawn: ${drawn}`);
	await drag(0.7, 0.6);
	await until(page, "another", (was) => !location.search.includes(`at=${was}`), drawn[0]);
	const moved = chosen(page);
	ok(near(drawn[0] - moved[0], 90, 0.05, 2), `moved whole: ${drawn} to ${moved}`);
	ok(near(moved[1] - moved[0], drawn[1] - drawn[0], 0, 1), `as long as before: ${moved}`);
	await drag(0.8, 0.85);
	await until(page, "a later end", (was) => !location.search.includes(`-${was}`), moved[1]);
	ok(near(chosen(page)[1] - moved[1], 45, 0.05, 2), `by its edge: ${chosen(page)}`);
	ok(chosen(page)[0] === moved[0], `from where it was: ${chosen(page)}`);
	await page.mouse.click(x(0.99), y);
	await isMoment(page);
	await until(page, "time stands still", () =>
		document.querySelector(".lamp").textContent.includes("Paused"),
	);
	await page.goBack();
	await until(
		page,
		"the stretch again",
		(was) => location.search.includes(`at=${was}-`),
		moved[0],
	);
	await page.getByRole("button", { name: word("time.showNow") }).click();
	await until(page, "now", () => !document.querySelector(".timebar"));
	ok(!/at=|range=|still=/.test(page.url()), page.url());
	await until(page, "rows that move", () =>
		document.querySelector(".lamp").textContent.includes("Live"),
	);
	ok(!seen.errors.length, seen.errors.join("; "));
	await page.close();
}

/** An arrow is a second, a minute, an hour, by how much shows. */
async function byKeys(context) {
	const { page } = await open(context, "/?range=1h");
	await strip(page);
	await page.getByRole("button", { name: word("time.oneMoment") }).click();
	await isMoment(page);
	for (const [zoom, step] of [
		[word("time.hours", { n: 1 }), 1],
		[word("time.hours", { n: 24 }), 60],
		[word("time.days", { n: 90 }), 3600],
	]) {
		await page
			.getByRole("group", { name: word("time.shows") })
			.getByRole("button", { name: zoom, exact: true })
			.click();
		const [was] = chosen(page);
		await thumb(page).press("ArrowLeft");
		await until(
			page,
			`${step} s less`,
			(at) => location.search.includes(`at=${at}-${at}`),
			was - step,
		);
		await thumb(page).press("Shift+ArrowLeft");
		await until(
			page,
			"ten more",
			(at) => location.search.includes(`at=${at}-${at}`),
			was - 11 * step,
		);
	}
	await thumb(page).press("+");
	await until(
		page,
		"30 days",
		() =>
			document.querySelector('.strip-tools [aria-pressed="true"]').textContent === "30 days",
	);
	await page.close();
}

/** A finger draws; the page is not scrolled by it. */
async function byTouch() {
	const context = await profile({ viewport: { width: 360, height: 780 }, hasTouch: true });
	const { page } = await open(context, "/?range=15m");
	const box = await strip(page);
	const cdp = await context.newCDPSession(page);
	const touch = (type, part) =>
		cdp.send("Input.dispatchTouchEvent", {
			type,
			touchPoints:
				part === null ? [] : [{ x: box.x + box.width * part, y: box.y + box.height / 2 }],
		});
	await touch("touchStart", 0.4);
	for (const part of [0.5, 0.6, 0.7]) await touch("touchMove", part);
	await touch("touchEnd", null);
	await until(page, "a stretch in the address", () => /at=\d+-\d+/.test(location.search));
	const [from, to] = chosen(page);
	ok(near(to - from, 0.3 * 900, 0.03, 4), `${to - from} s`);
	await context.close();
}

/** What a page of the past asks first is of the past: memory would not know the host. */
async function hostOfThePast(context) {
	const { items } = await api("flows?source=history&since=-24h&live=closed&limit=1");
	const { ip } = items[0].src;
	const page = await context.newPage();
	const asked = [];
	page.on("request", (request) => {
		const url = new URL(request.url());
		if (decodeURIComponent(url.pathname) === `/api/v1/hosts/${ip}`) asked.push(url.search);
	});
	await page.goto(new URL(`/hosts/${ip}?range=24h`, base).href);
	await until(page, "the answer", () => document.querySelector(".host-head .chip"));
	ok(
		asked.length && asked.every((query) => /source=history/.test(query)),
		`${ip}: ${JSON.stringify(asked)}`,
	);
	await page.close();
}

const WIDTHS = { 360: 780, 1440: 900 };

export async function historyChecks() {
	const context = await profile({ colorScheme: "light" });
	await check("sums and hours of the past are the API's", () => sums(context));
	await check("a sum leads to its flows, each with an address", () => flows(context));
	await check("a period on paper", () => report(context));
	await check("what the judge said of windows", () => judged(context));
	await check("a time is chosen on the strip by mouse", () => byMouse(context));
	await check("... by keys, by the second, minute, hour", () => byKeys(context));
	await check("... by touch", byTouch);
	await check("a host's page of the past asks the history at once", () => hostOfThePast(context));
	await context.close();
	await atWidths("history", PAGE, WIDTHS, shown);
	await atWidths("strip", "/flows?range=15m", { 768: 1024, ...WIDTHS }, strip);
	await atWidths("report", "/report?range=24h", WIDTHS, paper);
}
