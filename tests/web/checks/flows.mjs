// SPDX-License-Identifier: BSD-2-Clause
// The Flows page over real traffic: live, grouped, filtered, paused, held, ended.
import { readFileSync } from "node:fs";
import { api, check, near, ok, open, profile, ticks, until } from "../browser.mjs";
import { rateFiles } from "./overview.mjs";

const rowsOf = (page) => page.locator(".grid-body .tr.flow");
const number = (text) => Number(String(text).replace(/[^\d]/g, ""));
const settle = (page) =>
	until(page, "rows", () => document.querySelectorAll(".grid-body .tr.flow").length > 0);
const texts = (page, column) =>
	page.$$eval(`.grid-body .tr.flow [data-col="${column}"]`, (cells) =>
		cells.map((c) => c.textContent.trim()),
	);
const order = (page) =>
	page.$$eval(".grid-body .tr.flow", (rows) =>
		rows
			.map((r) => [Number(r.dataset.index), r.dataset.id])
			.sort((a, b) => a[0] - b[0])
			.map((r) => r[1]),
	);

/** Until a figure of the first row has moved, or its flow has gone. */
async function moves(page) {
	const title = (id) =>
		document.querySelector(`[data-id="${id}"] [data-col="duration"] span`)?.title;
	const id = (await order(page))[0];
	const before = await page.evaluate(title, id);
	await until(
		page,
		`another duration of ${id} than ${before}`,
		([flow, was]) =>
			document.querySelector(`[data-id="${flow}"] [data-col="duration"] span`)?.title !== was,
		[id, before],
	);
}

/** Until the order is held: what would have moved is told. */
const held = (page) =>
	until(page, "an order that is held", () => document.querySelector(".held"), null, 15000);

async function loads(context) {
	const { page, seen } = await open(context, "/flows");
	await settle(page);
	await moves(page);
	const headers = (await page.request.get(page.url())).headers();
	const csp = headers["content-security-policy"] ?? "";
	ok(
		csp.includes("default-src 'none'") &&
			csp.includes("script-src 'self'") &&
			!csp.includes("unsafe"),
		`CSP: ${csp}`,
	);
	ok(headers["x-content-type-options"] === "nosniff", "no nosniff");
	ok(
		(await page.evaluate(() => globalThis.__violations)).length === 0,
		"the page broke its own CSP",
	);
	ok(seen.errors.length === 0, `console: ${seen.errors.join("; ")}`);
	ok(seen.external.length === 0, `external: ${seen.external.join(" ")}`);
	await page.close();
}

async function live(page) {
	await settle(page);
	ok(await page.locator(".lamp", { hasText: "Live" }).count(), "the lamp is not Live");
	await moves(page);
	const badge = number(await page.locator("h1 .badge").textContent());
	const list = await api("flows?live=live&limit=1&scope=internal-external");
	ok(near(badge, list.page.matched, 0.2, 5), `badge ${badge}, API ${list.page.matched}`);
	return `${badge} flows`;
}

async function sorted(page) {
	const list = await api("flows?live=live&limit=6&sort=-rate_bps&scope=internal-external");
	await until(
		page,
		"one of the fastest on top",
		(ips) => {
			const text = document.querySelector('.tr.flow[data-index="0"]')?.textContent ?? "";
			return ips.some((ip) => text.includes(ip));
		},
		list.items.map((flow) => flow.dst.ip),
	);
	ok(
		(await page
			.locator('[role=columnheader][aria-sort="descending"], .th[aria-sort]')
			.count()) <= 1,
		"more than one column says it sorts",
	);
	await page.getByRole("button", { name: "Download" }).click();
	ok(new URL(page.url()).searchParams.get("sort") === "-bytes.down", page.url());
	await until(page, "the mark on Download", () =>
		document.querySelector('[aria-sort="descending"]')?.textContent.includes("Download"),
	);
}

async function grouped(context) {
	const { page } = await open(context, "/flows?group=src.ip");
	await until(page, "groups", () => document.querySelectorAll(".tr.group").length > 0);
	const groups = (await api("flows?group_by=src.ip&live=live&sort=-bytes&limit=300")).items;
	const first = page.locator('.tr.group[data-index="0"]');
	const key = await first.getAttribute("data-key");
	const truth = groups.find((g) => g.key === key);
	ok(truth, `the API has no group ${key}`);
	const shown = number(await first.locator(".pill").textContent());
	ok(
		near(shown, truth.flows, 0.2, 5),
		`group ${key}: ${shown} flows shown, ${truth.flows} in the API`,
	);
	await first.click();
	await until(page, "rows inside", () => document.querySelectorAll(".tr.flow.nested").length > 0);
	const sources = await page.$$eval('.tr.flow.nested [data-col="src"]', (cells) =>
		cells.map((c) => c.textContent),
	);
	ok(
		sources.every((text) => text.includes(key)),
		`rows of ${key}: ${sources.slice(0, 3)}`,
	);
	await page.reload();
	await until(
		page,
		"the open group after a reload",
		() => document.querySelectorAll(".tr.flow.nested").length > 0,
	);
	await page.locator(`.tr.group[data-key="${key}"]`).click();
	await until(page, "closed", () => document.querySelectorAll(".tr.flow.nested").length === 0);
	await page.close();
	return `${groups.length} groups`;
}

async function filters(context) {
	const { page } = await open(context, "/flows?live=both");
	await settle(page);
	const flows = (await api("flows?live=both&limit=100")).items;
	const sample = flows.find((f) => f.dst.port) ?? flows[0];
	await until(
		page,
		"protocols to choose",
		() => document.querySelector("select[name=proto]").options.length > 1,
	);
	await page.selectOption("select[name=proto]", sample.proto.toUpperCase());
	await until(
		page,
		"one protocol only",
		(p) => {
			const c = [...document.querySelectorAll('[data-col="proto"]')];
			return c.length > 0 && c.every((x) => x.textContent.trim().toUpperCase().startsWith(p));
		},
		sample.proto.toUpperCase(),
	);
	await page.fill("input[name=ip]", sample.dst.ip);
	await until(
		page,
		"one address only",
		(ip) => {
			const r = [...document.querySelectorAll(".tr.flow")];
			return r.length > 0 && r.every((x) => x.textContent.includes(ip));
		},
		sample.dst.ip,
	);
	if (sample.dst.port) {
		await page.fill("input[name=port]", String(sample.dst.port));
		await until(
			page,
			"one port only",
			(port) => {
				const r = [...document.querySelectorAll(".tr.flow")];
				return r.length > 0 && r.every((x) => x.textContent.includes(`:${port}`));
			},
			String(sample.dst.port),
		);
	}
	const state = sample.state ?? sample.conntrack?.state;
	if (state) {
		await page.selectOption("select[name=state]", state);
		await until(
			page,
			"the state in the address",
			(s) => new URL(location.href).searchParams.get("state") === s,
			state,
		);
	}
	await page.fill("input[name=port]", "70000x");
	ok(
		(await page.getAttribute("input[name=port]", "aria-invalid")) === "true",
		"a bad port is taken",
	);
	await page.close();
}

async function search(context) {
	const { page } = await open(context, "/flows?live=both");
	await settle(page);
	const sample = (await api("flows?live=both&limit=50")).items[0];
	await page.fill("#filter", sample.dst.ip);
	await until(
		page,
		"the found rows",
		(ip) => {
			const r = [...document.querySelectorAll(".tr.flow")];
			return r.length > 0 && r.every((x) => x.textContent.includes(ip));
		},
		sample.dst.ip,
	);
	await until(
		page,
		"the filter in the address",
		(ip) => new URL(location.href).searchParams.get("q") === ip,
		sample.dst.ip,
	);
	await page.fill("#filter", "scr=1.2.3.4");
	await until(page, "the mistake", () => document.querySelector(".filter-under mark"));
	await page.fill("#filter", "dst.ip=203.0.113.254 and dst.port=1");
	await until(
		page,
		"why nothing matches",
		() => document.querySelectorAll(".why-none tbody tr").length >= 2,
	);
	const before = await page.locator(".why-none tbody tr").count();
	await page.locator(".why-none button").first().click();
	await until(
		page,
		"a term less",
		() => !new URL(location.href).searchParams.get("q").includes("203.0.113.254"),
	);
	await page.close();
	const { page: linked } = await open(context, "/flows?q=scr%3D1.2.3.4");
	await linked.locator(".mistake .chip", { hasText: "src" }).click();
	await until(
		linked,
		"what was suggested",
		() => new URL(location.href).searchParams.get("q") === "src=1.2.3.4",
	);
	await linked.close();
	return `${before} terms explained`;
}

/** A whole term from what is offered, by the arrows alone. */
async function completes(context) {
	const { page } = await open(context, "/flows");
	await settle(page);
	await page.keyboard.press("/");
	await page.keyboard.type("sta");
	for (const offered of ["state", "=", "ESTABLISHED"]) {
		const option = page
			.getByRole("listbox", { name: "Completions" })
			.getByRole("option", { name: new RegExp(`^${offered}`) });
		await option.waitFor();
		while ((await option.getAttribute("aria-selected")) !== "true")
			await page.keyboard.press("ArrowDown");
		await page.keyboard.press("Enter");
	}
	await until(
		page,
		"the term in the address",
		() => new URL(location.href).searchParams.get("q") === "state=ESTABLISHED",
	);
	await page.close();
}

async function pause(page) {
	await page.goto(page.url().split("?")[0]);
	await settle(page);
	await page.keyboard.press("Space");
	await until(page, "a lamp that says Paused", () =>
		document.querySelector(".lamp").textContent.includes("Paused"),
	);
	const still = () => page.$eval(".grid-body", (body) => body.textContent);
	const before = await still();
	await ticks(3);
	const after = await still();
	let i = 0;
	while (i < after.length && after[i] === before[i]) i++;
	ok(
		after === before,
		`a paused table moved: ${before.slice(i - 30, i + 50)} => ${after.slice(i - 30, i + 50)}`,
	);
	await page.getByRole("button", { name: "Refresh now" }).click();
	await until(
		page,
		"one refresh while paused",
		(text) => document.querySelector(".grid-body").textContent !== text,
		before,
	);
	await page.getByRole("button", { name: "Resume" }).click();
	await until(page, "moving again", () =>
		document.querySelector(".lamp")?.textContent.includes("Live"),
	);
}

/** While paused, back by seconds: the flows that were there, and then on with now. */
async function scrub(context) {
	const { page } = await open(context, "/flows");
	await settle(page);
	await page.keyboard.press("Space");
	const slider = page.getByRole("slider", { name: "Time shown" });
	await until(page, "seconds to go back to", () => {
		const range = document.querySelector(".timebar input");
		return range && range.max - range.min >= 2;
	});
	await slider.focus();
	for (let i = 0; i < 2; i++) await slider.press("ArrowLeft");
	await until(page, "a moment in the address", () => /at=(\d+)-\1/.test(location.search));
	await until(page, "its flows", () => document.querySelector(".tr.flow"));
	await page.getByRole("button", { name: "Resume" }).click();
	await until(
		page,
		"now again",
		() => !location.search.includes("at=") && !document.querySelector(".timebar"),
	);
	await page.close();
}

async function saves(context) {
	const { page } = await open(context, "/flows?q=proto%3Dtcp&sort=-duration_ms");
	await settle(page);
	await page.getByRole("button", { name: "Saved views" }).click();
	await page.getByRole("menuitem", { name: "Save this view…" }).click();
	await page.getByRole("textbox", { name: "This view as" }).fill("long ones");
	await page.getByRole("button", { name: "Save", exact: true }).click();
	await page.goto(new URL("/", page.url()).href);
	await page.getByRole("button", { name: "Saved views" }).click();
	await page.getByRole("menuitem", { name: "long ones" }).click();
	await until(
		page,
		"the view",
		() =>
			location.pathname === "/flows" &&
			location.search.includes("sort=-duration_ms") &&
			location.search.includes("proto%3Dtcp"),
	);
	await page.close();
}

/** The export is of all that match, however many the page holds. */
async function exported(context) {
	const { page } = await open(context, "/flows?live=both");
	await settle(page);
	await page.getByRole("button", { name: "Export and more" }).click();
	const [file] = await Promise.all([
		page.waitForEvent("download"),
		page.getByRole("menuitem", { name: /Export NDJSON/ }).click(),
	]);
	const flows = readFileSync(await file.path(), "utf8")
		.trim()
		.split("\n")
		.map((line) => JSON.parse(line))
		.filter((f) => f.id);
	const { matched } = (await api("flows?live=both&scope=internal-external&limit=1")).page;
	ok(near(flows.length, matched, 0.2, 5), `${flows.length} exported, ${matched} in the API`);
	await page.close();
	return `${flows.length} flows`;
}

async function hold(page) {
	await page.goto(`${page.url().split("?")[0]}?sort=-rate_bps`);
	await settle(page);
	await page.mouse.move(700, 400);
	await page.mouse.move(700, 402);
	await held(page);
	const before = await order(page);
	const text = await page.$eval(".grid-body", (body) => body.textContent);
	await ticks(4);
	await until(
		page,
		"cells of held rows that go on",
		(was) => document.querySelector(".grid-body").textContent !== was,
		text,
	);
	const after = await order(page);
	ok(JSON.stringify(before) === JSON.stringify(after), "rows moved under the pointer");
	// what is asked for is not held: a filter takes though the pointer rests on the rows
	await page.keyboard.press("/");
	await page.keyboard.type("not proto=tcp");
	await until(
		page,
		"the filter to take under the pointer",
		() =>
			document.querySelector(".tr.flow") &&
			![...document.querySelectorAll(".tr.flow")].some((row) =>
				row.textContent.includes("TCP"),
			),
		undefined,
		4000,
	);
	await page.keyboard.press("Escape");
	await page.keyboard.press("Escape");
	await page.keyboard.press("Escape");
	// and pausing lets go of nothing
	await until(page, "the filter to be gone", () => !location.search.includes("q="));
	await page.mouse.move(700, 404);
	await held(page);
	const read = await order(page);
	await page.keyboard.press("Space");
	await until(page, "the bar of paused time", () => document.querySelector(".timebar"));
	await ticks(2);
	const now = await order(page);
	const moved = now.filter((id, i) => id !== read[i]).length; // the slider takes the place of a row
	ok(
		moved === 0 && now.length > read.length - 4,
		`pausing moved ${moved} of the rows that were read, left ${now.length} of ${read.length}`,
	);
	await page.keyboard.press("Space");
	await page.mouse.move(700, 20);
}

async function confirms(context) {
	const { page } = await open(context, "/flows");
	await settle(page);
	const sent = [];
	page.on(
		"request",
		(request) =>
			["DELETE", "POST"].includes(request.method()) &&
			!request.url().includes("/stream/") &&
			sent.push(request.url()),
	);
	const act = await page.evaluate(
		async () => (await (await fetch("/api/v1/summary")).json()).conntrack.available,
	);
	if (!act) return "no conntrack here: only the reason is shown";
	await rowsOf(page).first().hover();
	await rowsOf(page).first().locator(".row-menu button").click();
	await page.getByRole("menuitem", { name: /Delete conntrack entry/ }).click();
	const dialog = page.getByRole("dialog");
	await dialog.getByRole("button", { name: "Cancel" }).click();
	ok((await dialog.count()) === 0 && sent.length === 0, `cancel sent ${sent}`);
	await page.getByRole("button", { name: "Export and more" }).click();
	await page.getByRole("menuitem", { name: /Delete what matches/ }).click();
	await dialog.getByRole("button", { name: /^Delete [\d,]+ entries$/ }).waitFor();
	ok(/[\d,]+ flows, [\d,]+ with .*hosts/.test(await dialog.innerText()), "no count is shown");
	await page.keyboard.press("Escape");
	ok(
		(await dialog.count()) === 0 && sent.length === 1 && sent[0].endsWith("/acts/preview"),
		`looking at what matches sent ${sent}`,
	);
	sent.length = 0;
	await page.getByRole("button", { name: "Export and more" }).click();
	await page.getByRole("menuitem", { name: /Delete all connections/ }).click();
	const flush = dialog.getByRole("button", { name: "Delete all connections" });
	ok(await flush.isDisabled(), "flush can be pressed at once");
	await dialog.getByRole("textbox").fill("flusH");
	ok(await flush.isDisabled(), "flush takes another word");
	await page.keyboard.press("Escape");
	ok((await dialog.count()) === 0 && sent.length === 0, "Escape sent something");
	if (process.env.FLOWBPF_ACTS) await deletes(page, sent);
	await page.close();
}

/** With real entries that may be deleted: one really is. */
async function deletes(page, sent) {
	const flow = (await api("flows?live=live&limit=200&sort=-bytes")).items.find(
		(f) => f.conntrack?.id,
	);
	ok(flow, "no flow has a conntrack entry");
	await page.goto(new URL(`/flows/${flow.id}`, page.url()).href);
	await page.getByRole("button", { name: /Delete conntrack entry/ }).click();
	await page.getByRole("dialog").getByRole("button", { name: "Delete entry" }).click();
	await until(page, "the outcome", () => document.querySelector(".toast"));
	ok(sent.length === 1, `${sent.length} requests`);
	ok(
		!(await page.locator(".toast.bad").count()),
		await page.locator(".toast").first().textContent(),
	);
}

async function drawer(context) {
	const flow = (await api("flows?limit=1&sort=-rate_bps")).items[0];
	const { page, seen } = await open(context, `/flows/${flow.id}`);
	await until(
		page,
		"the drawer",
		(ip) => document.querySelector(".drawer-ends")?.textContent.includes(ip),
		flow.dst.ip,
	);
	ok((await page.locator(".copies button").count()) >= 6, "few copies");
	await rateFiles(page, ".drawer .panel");
	await page.locator(".raw summary").click();
	ok(
		JSON.parse(await page.locator(".raw pre").textContent()).id === flow.id,
		"the raw JSON is another flow",
	);
	await page.keyboard.press("Escape");
	await until(
		page,
		"closed",
		() => !document.querySelector(".drawer") && location.pathname === "/flows",
	);
	ok(seen.errors.length === 0, seen.errors.join("; "));
	await page.close();
}

const fact = (page, label) =>
	page.locator(".drawer .facts > div", {
		has: page.getByRole("term").filter({ hasText: label }),
	});

/** What is unknown says why: of what this router forwards nobody has a socket, UDP has no ACKs. */
async function says(context) {
	const [flow] = (await api("flows?limit=1&filter=proto%3Dudp+and+direction%3Dforward")).items;
	const { page } = await open(context, `/flows/${flow.id}`);
	for (const [label, why] of [
		[/^Process$/, "Forwarded: no process here"],
		[/Latency to server.*Loss/, "Only TCP tells it"],
		[/^Lists$/, "On no list"],
	])
		await fact(page, label).getByText(why).waitFor();
	await page.close();
}

/** A flow that is on a list says so in its row, and by which entry in its drawer. */
async function listed(context) {
	const { page } = await open(context, "/flows?live=both&q=list%3Dtrackers");
	const mark = page.locator(".tr.flow .mark.list").first();
	await mark.waitFor();
	ok((await mark.textContent()) === "trackers", await mark.textContent());
	ok((await mark.getAttribute("title")).includes("trackers"), "the mark has no title");
	await page.locator('.tr.flow [data-col="src"]').first().click();
	await fact(page, /^List entry$/)
		.getByText("metrics.example.com")
		.waitFor();
	await page.close();
}

async function columns(context) {
	const { page } = await open(context, "/flows");
	await settle(page);
	const fields = (await api("fields")).items;
	await page.getByRole("button", { name: "Columns" }).click();
	const count = await page.getByRole("menuitemcheckbox").count();
	ok(count >= 10, `${count} columns to choose`);
	await page.getByRole("menuitemcheckbox", { name: "Total" }).click();
	await page.keyboard.press("Escape");
	await until(page, "the new column with figures", () =>
		/\d/.test(document.querySelector('.tr.flow [data-col="bytes"]')?.textContent ?? ""),
	);
	await page.close();
	return `${fields.length} fields, ${count} columns`;
}

async function keyboard(context) {
	const { page } = await open(context, "/flows");
	await settle(page);
	await page.keyboard.press("/");
	ok(
		await page.evaluate(() => document.activeElement.id === "filter"),
		"/ does not reach the filter",
	);
	await page.keyboard.press("Escape");
	await page.keyboard.press("?");
	await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
	await page.keyboard.press("Escape");
	await page.keyboard.press("j");
	const first = await page.evaluate(() => document.activeElement.dataset.id);
	ok(first, "j does not reach a row");
	await page.keyboard.press("ArrowDown");
	await until(
		page,
		"focus on the next row",
		(was) => document.activeElement.dataset.id && document.activeElement.dataset.id !== was,
		first,
	);
	await page.keyboard.press("Enter");
	await until(page, "the drawer", () => document.querySelector(".drawer"));
	await page.keyboard.press("Escape");
	await page.keyboard.press("g");
	await page.keyboard.press("o");
	await until(page, "Overview", () => location.pathname === "/");
	await page.close();
}

export async function flowChecks() {
	const context = await profile();
	await check("the page loads under a strict CSP, without errors, from here alone", () =>
		loads(context),
	);
	const { page } = await open(context, "/flows");
	await check("flows appear and move every second", () => live(page));
	await check("the biggest flow is on top; a header sorts", () => sorted(page));
	await check("groups by source with totals of the whole set, open ones survive a reload", () =>
		grouped(context),
	);
	await check("the four quick filters", () => filters(context));
	await check("search, a mistake with its place, why nothing matches", () => search(context));
	await check("a term is put together from what is offered", () => completes(context));
	await check("pause stands still, refresh fetches once, resume goes on", () => pause(page));
	await check("back in time while paused", () => scrub(context));
	await check("views are saved under a name", () => saves(context));
	await check("everything that matches is exported", () => exported(context));
	await check("the order is held under the pointer while cells go on", () => hold(page));
	await check("nothing is deleted without a confirmation", () => confirms(context));
	await check("a flow has an address of its own, with all that is known", () => drawer(context));
	await check("what is not known of a flow says why", () => says(context));
	await check("a flow on a list is marked", () => listed(context));
	await check("columns can be chosen", () => columns(context));
	await check("it works by keyboard", () => keyboard(context));
	await context.close();
}
