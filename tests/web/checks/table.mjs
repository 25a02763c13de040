// SPDX-License-Identifier: BSD-2-Clause
// The table of Flows as one meets it: the order it opens in, scopes with their counts, what is
// hidden and said, marks, and columns and drawer at every width.
import { api, check, near, ok, open, profile, ticks, until } from "../browser.mjs";

const rows = (page) => until(page, "rows", () => document.querySelector(".tr.flow"));
const pressed = (page) =>
	page.$eval('.scopes [aria-pressed="true"]', (button) => button.textContent);

/** By rate, marked; from inside to outside, the other scopes a click away. */
async function opens(context) {
	const { page } = await open(context, "/flows");
	await rows(page);
	await until(page, "the mark on Rate", () =>
		document.querySelector('[aria-sort="descending"]')?.textContent.includes("Rate"),
	);
	ok((await page.locator("[aria-sort]").count()) === 1, "two columns say they sort");
	const shown = page.getByRole("group", { name: "Scope" });
	ok((await pressed(page)).startsWith("Internal → External"), await pressed(page));
	await until(page, "counts", () => /\d/.test(document.querySelector(".scope-n").textContent));
	const words = { "internal-external": "Internal → External", internal: "Internal" };
	const counts = (await api("aggregate/scope")).items.filter(({ key }) => words[key]);
	ok(counts.length === 2, "the API knows both scopes");
	for (const { key, count } of counts) {
		const word = words[key];
		const text = await shown
			.getByRole("button", { name: new RegExp(`^${word} [\\d,]+$`) })
			.textContent();
		const n = Number(/[\d,]+$/.exec(text)[0].replace(/,/g, ""));
		ok(near(n, count, 0.3, 6), `${text}, ${count} in the API`);
	}
	await shown.getByRole("button", { name: /^All/ }).click();
	await until(page, "all", () => location.search.includes("scope=all"));
	await page.close();
}

/** Who looks for something looks everywhere, and hears of what has ended. */
async function hints(context) {
	const ended = async () => (await api("flows?live=closed&limit=1&filter=proto=tcp")).items[0];
	let flow = await ended();
	for (let i = 0; i < 60 && !flow; i++) {
		await ticks(1);
		flow = await ended();
	}
	ok(flow, "no flow has ended yet");
	const { page } = await open(context, `/flows?q=src.port%3D${flow.src.port}`);
	const hint = page.locator(".closed-hint");
	await hint.waitFor();
	ok((await pressed(page)).startsWith("All"), await pressed(page));
	await hint.click();
	await until(page, "those that ended", () => document.querySelector(".tr.flow.closed"));
	await page.close();
}

const LONG = `login.bank.example.${"a".repeat(60)}.${"b".repeat(180)}.evil.org`;

/** Marks of a flow that must not be overlooked, by an answer made here. */
async function marks(context) {
	const page = await context.newPage();
	await page.route("**/api/v1/flows?**", async (route) => {
		const answer = await route.fetch();
		const body = await answer.json();
		const [first, second] = body.items;
		if (first && "name.flags" in first) {
			Object.assign(first, {
				"name.flags": ["unexplained", "mixed_script"],
				"dst.host": LONG,
				partial: true,
			});
			if (second) second.client_by = "port";
		}
		await route.fulfill({ response: answer, json: body });
	});
	await page.route("**/api/v1/stream**", (route) => route.fulfill({ status: 204 }));
	await page.addInitScript(() => {
		delete globalThis.SharedWorker;
	});
	await page.goto(new URL("/flows?scope=all", process.env.FLOWBPF_URL).href);
	for (const word of ["no DNS", "look-alike", "partial", "guessed", "cut"])
		await page.locator(".tr.flow .mark", { hasText: word }).first().waitFor();
	const name = page.locator(".tr.flow bdi", { hasText: LONG.slice(0, 200) });
	const sides = await name.evaluate((bdi) => {
		const [text, room] = [bdi, bdi.parentElement].map((one) => one.getBoundingClientRect());
		return [text.left < room.left, Math.abs(text.right - room.right) < 2];
	});
	ok(
		sides.every((truth) => truth),
		"a name that lacks room does not show its end",
	);
	await page.close();
}

/** No column is cut, with the drawer and without; opening it moves no row. */
async function widths() {
	for (const [width, height] of [
		[1440, 900],
		[1024, 768],
		[768, 1024],
	]) {
		const context = await profile({ viewport: { width, height }, hasTouch: width < 1100 });
		const { page } = await open(context, "/flows");
		await rows(page);
		const over = () => page.$eval(".grid", (grid) => grid.scrollWidth - grid.clientWidth);
		ok((await over()) <= 0, `${width}: columns ${await over()} px over`);
		const lines = await page.$$eval(".toolbar-row", (all) =>
			all.map((row) => row.offsetHeight),
		);
		ok(Math.max(...lines) <= 46, `${width}: the toolbar breaks: ${lines}`);
		const top = () => page.$eval(".grid-body", (body) => body.getBoundingClientRect().top);
		const before = await top();
		await page.locator('.tr.flow[data-index="1"] [data-col="dst"]').click();
		await until(page, "the drawer", () => document.querySelector(".drawer .timeline"));
		ok((await top()) === before, `${width}: rows moved by ${(await top()) - before} px`);
		ok((await over()) <= 0, `${width}: beside the drawer, columns ${await over()} px over`);
		await context.close();
	}
}

/** Figures of a group stand under the header's, as those of its flows do. */
async function linesUp(context) {
	const { page } = await open(context, "/flows?group=src.ip&scope=all");
	await until(page, "groups", () => document.querySelector(".tr.group"));
	await page.locator(".tr.group").first().click();
	await until(page, "flows inside", () => document.querySelector(".tr.flow.nested"));
	const rights = await page.evaluate(() => {
		const right = (element) => Math.round(element.getBoundingClientRect().right);
		const heads = [...document.querySelectorAll(".grid-head .th")];
		return ["up", "down", "rate"].map((key) => [
			right(document.querySelector(`.tr.group [data-col="${key}"]`)),
			right(document.querySelector(`.tr.nested [data-col="${key}"]`)),
			right(heads[{ up: 5, down: 6, rate: 7 }[key]]),
		]);
	});
	ok(
		rights.every((all) => new Set(all).size === 1),
		`right edges of group, flow and header: ${JSON.stringify(rights)}`,
	);
	const text = await page.locator(".tr.group").first().textContent();
	ok(/peer/.test(text) && /bit\/s/.test(text), text);
	await page.close();
}

/** Groups within groups: both levels have name, rate and peers, and lead to their flows. */
async function twoLevels(context) {
	const { page } = await open(context, "/flows?group=src.ip&scope=all");
	await until(page, "groups", () => document.querySelector(".tr.group"));
	await page.getByLabel("then").selectOption({ label: "Service" });
	const outer = page.locator(".tr.group[aria-level='1']").first();
	await outer.click();
	const inner = page.locator(".tr.group[aria-level='2']");
	await inner.first().waitFor();
	const flowsIn = async (row) => Number(await row.locator(".pill").textContent());
	const [whole, parts] = [await flowsIn(outer), await inner.count()];
	let sum = 0;
	for (let i = 0; i < parts; i++) sum += await flowsIn(inner.nth(i));
	ok(near(sum, whole, 0.2, 3), `${sum} flows in ${parts} groups of one that has ${whole}`);
	ok(/peer/.test(await inner.first().textContent()), await inner.first().textContent());
	await inner.first().press("ArrowRight");
	await page.locator(".tr.flow[aria-level='3']").first().waitFor();
	const rights = await page.$$eval(
		".tr.group [data-col=rate], .tr.flow [data-col=rate]",
		(cells) => cells.map((cell) => Math.round(cell.getBoundingClientRect().right)),
	);
	ok(new Set(rights).size === 1, `right edges of rates: ${[...new Set(rights)]}`);
	const open_ = new URL(page.url()).searchParams.get("open").split(",");
	ok(open_.length === 2 && open_[1].startsWith(`${open_[0]}/`), `open: ${open_}`);
	await outer.press("ArrowLeft");
	await until(page, "all closed", () => !location.search.includes("open="));
	await page.close();
}

/** A quarter of the height for bars at most, nine rows, targets for fingers, sheets. */
async function phone() {
	const size = { width: 360, height: 780 };
	const context = await profile({ viewport: size, hasTouch: true, isMobile: true });
	const { page } = await open(context, "/flows?scope=all");
	await until(page, "cards", () => document.querySelectorAll(".tr.flow").length > 9);
	const table = await page.locator(".grid").boundingBox();
	// a line that tells of a loss, as on a busy machine, takes its own room
	const told =
		(
			await page
				.locator(".strip")
				.boundingBox({ timeout: 500 })
				.catch(() => null)
		)?.height ?? 0;
	ok(
		table.height + told >= 0.75 * size.height,
		`the table has ${table.height} of ${size.height} px`,
	);
	const whole = await page.$$eval(
		".tr.flow",
		(all, [top, bottom]) =>
			all
				.map((row) => row.getBoundingClientRect())
				.filter((r) => r.top >= top && r.bottom <= bottom).length,
		[table.y, table.y + table.height],
	);
	ok(whole >= (told ? 8 : 9), `${whole} whole rows`);
	const small = await page.$$eval(
		".top :is(button, input), .toolbar button, .bottom *, .row-menu button",
		(all) =>
			all
				.filter(
					(element) =>
						element.matches("button, a, input") && !element.matches(".filter > button"),
				)
				.map((element) => [element, element.getBoundingClientRect()])
				.filter(
					([element, r]) =>
						r.width && (r.height < 44 || (r.width < 44 && !element.matches(".lamp"))),
				)
				.map(([element, r]) => `${element.className} ${r.width}x${r.height}`),
	);
	ok(small.length === 0, `small targets: ${small.slice(0, 4).join("; ")}`);
	const atBottom = async (sheet) => {
		// it slides in
		await sheet.evaluate((it) => Promise.all(it.getAnimations().map((a) => a.finished)));
		const box = await sheet.boundingBox();
		ok(
			box.x === 0 &&
				box.width === size.width &&
				Math.abs(box.y + box.height - size.height) <= 1,
			`no sheet: ${JSON.stringify(box)}`,
		);
	};
	await page.getByRole("button", { name: /^Time and interface/ }).tap();
	await page.getByRole("menu").waitFor();
	await atBottom(page.locator(".menu"));
	await page.getByRole("menuitemcheckbox", { name: "Last 15 min" }).tap();
	await until(page, "the range", () => location.search.includes("range=15m"));
	await page.getByRole("button", { name: "Filters" }).tap();
	const sheet = page.getByRole("dialog", { name: "Show" });
	await sheet.waitFor();
	await atBottom(sheet);
	await sheet.getByRole("textbox", { name: "Port" }).fill("443");
	await until(page, "the port", () => location.search.includes("port=443"));
	await sheet.getByRole("button", { name: "Done" }).tap();
	await page.goto(new URL("/flows?group=src.ip&scope=all", page.url()).href);
	await until(page, "a group's rate", () => {
		const row = document.querySelector(".tr.group");
		return /bit\/s/.test(row?.textContent) && row.offsetHeight <= 64;
	});
	await context.close();
	return `${whole} rows, ${Math.round((100 * table.height) / size.height)} % of the height`;
}

const titles = (page) =>
	page.$$eval(".th[data-key]", (list) => list.map((th) => th.dataset.key).join(" "));
const widthOf = (page, key) => page.$eval(`.th[data-key="${key}"]`, (th) => th.offsetWidth);

/** To another place and another width, by pointer and by keyboard; and the next visit has them. */
async function arranges() {
	const context = await profile();
	const { page } = await open(context, "/flows");
	await rows(page);
	const usual = (await titles(page)).split(" ");
	const [rate, source] = [".th[data-key=rate]", ".th[data-key=src]"];
	const inside = { sourcePosition: { x: 20, y: 12 }, targetPosition: { x: 20, y: 12 } };
	await page.dragAndDrop(rate, ".th[data-key=dst]", inside);
	const moved = ["src", "rate", ...usual.filter((key) => key !== "src" && key !== "rate")];
	ok((await titles(page)) === moved.join(" "), `dragged: ${await titles(page)}`);
	ok((await page.$eval(rate, (th) => th.ariaSort)) === "descending", "the drag sorted");
	await page.locator(`${rate} button`).press("Alt+ArrowLeft");
	ok((await titles(page)).startsWith("rate src"), `by keyboard: ${await titles(page)}`);
	const was = await widthOf(page, "state");
	await page.locator(".th[data-key=state] button").press("Alt+Shift+ArrowRight");
	ok((await widthOf(page, "state")) === was + 16, `${was} to ${await widthOf(page, "state")}`);
	const wide = await widthOf(page, "src");
	const edge = await page.locator(`${source} .th-edge`).boundingBox();
	await page.mouse.move(edge.x + 5, edge.y + 8);
	await page.mouse.down();
	await page.mouse.move(edge.x + 45, edge.y + 8, { steps: 3 });
	await page.mouse.up();
	ok((await widthOf(page, "src")) === wide + 40, `${wide} to ${await widthOf(page, "src")}`);
	await page.goto(new URL("/flows", page.url()).href);
	await rows(page);
	ok((await titles(page)).startsWith("rate src"), `the next time: ${await titles(page)}`);
	ok((await widthOf(page, "src")) === wide + 40, "the width is lost");
	await page.locator(".th[data-key=state]").click({ button: "right" });
	await page.getByRole("menuitem", { name: "Hide" }).click();
	ok(!(await titles(page)).includes("state"), "hidden");
	await context.close();
}

export async function tableChecks() {
	const context = await profile();
	await check("Flows opens by rate, from inside to outside", () => opens(context));
	await check("closed ones that match are told", () => hints(context));
	await check("marks are seen in the row", () => marks(context));
	await check("groups line up with their flows and the header", () => linesUp(context));
	await check("groups within groups", () => twoLevels(context));
	await context.close();
	await check("a phone has nine rows, sheets and targets for fingers", phone);
	await check("columns move and grow by pointer and keyboard, and stay so", arranges);
	await check("no column is cut and the drawer moves no row", widths);
}
