// SPDX-License-Identifier: BSD-2-Clause
// Every page in both themes and on a phone: accessible, within its width, pictured.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import {
	abreast,
	api,
	axeSource,
	base,
	check,
	ok,
	open,
	profile,
	root,
	still,
	until,
} from "../browser.mjs";
import { link } from "../../login.mjs";
import { giveCountries } from "./map.mjs";

export const shots = process.env.FLOWBPF_OUT || join(root, "build/shots");

export async function pagesToSee() {
	const placed = await giveCountries();
	const flow = (await api("flows?live=both&limit=1&sort=-bytes")).items[0];
	const device = (await api("devices")).items.find((one) => one.bytes.up);
	return [
		["overview", "/", ".talkers tbody tr"],
		["flows", "/flows", ".tr.flow"],
		["grouped", "/flows?group=src.ip", ".tr.group"],
		["flow", `/flows/${flow.id}`, ".drawer .timeline"],
		["closed", "/flows?live=closed", ".tr.flow, .notice"],
		["nothing", "/flows?q=dst.ip%3D203.0.113.254", ".why-none tbody tr"],
		["devices", "/devices", "table.data tbody tr"],
		["device", `/devices?open=${device.mac}`, ".device-parts .names a"],
		["hosts", "/hosts", "table.data tbody tr"],
		["host", `/hosts/${flow.src.ip}`, ".a-src .bars li, .a-dst .bars li"],
		["paths", "/paths", ".sankey .band"],
		["map", "/map", placed ? ".world a" : ".notice"],
		["processes", "/processes", "table.data tbody tr"],
		["listening", "/processes?view=listening", "table.data tbody tr"],
		["quality", "/quality?by=dst.ip", "table.data tbody tr"],
		["interfaces", "/interfaces", "table.data tbody tr"],
		["interface", "/interfaces?open=lan", ".device-parts .facts"],
		["history", "/history", ".a-makeup .plot-legend li"],
		["alerts", "/alerts?show=rules", "table.data tbody tr"],
		["log", "/log", ".log-line"],
		["acts", "/log?show=acts", ".log-line, .notice"],
		["settings", "/settings", ".counters tbody tr"],
	];
}

const PHONE = { viewport: { width: 360, height: 780 }, hasTouch: true, isMobile: true };
/** Names of a look in light and in dark, what it takes, and of how many pages dark is looked at. */
const LOOKS = [
	["light", "dark", {}, Infinity],
	["phone", "phone-dark", PHONE, 4],
];

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** What is asked of a page that was looked at in another theme, or in another language. */
export const COLOURS = { runOnly: ["color-contrast"] };
export const NO_COLOURS = { runOnly: TAGS, rules: { "color-contrast": { enabled: false } } };

/** What axe finds; of passes it need not tell, nor of style sheets, which the page has none of elsewhere. */
export async function audit(page, options = { runOnly: TAGS }, within = null) {
	await page.evaluate(axeSource);
	const { violations } = await page.evaluate(
		([given, part]) =>
			globalThis.axe.run(part ?? document, {
				...given,
				resultTypes: ["violations"],
				preload: false,
				iframes: false,
			}),
		[options, within],
	);
	return violations.map(
		(v) =>
			`${v.id}: ${v.help} [${v.nodes
				.slice(0, 3)
				.map((n) => n.target.join(" "))
				.join(", ")}]`,
	);
}

/** In the page: by how much it, its main part and its tables are wider than there is room. */
const wider = () => [
	document.documentElement.scrollWidth - innerWidth,
	...[...document.querySelectorAll("#main, .table-box, .grid")].map(
		(box) => box.scrollWidth - box.clientWidth,
	),
];

export async function fits(page) {
	const wide = await page.evaluate(wider);
	ok(
		wide.every((px) => px <= 0),
		`wider than there is room by ${wide} px`,
	);
}

const TABLETS = [
	{ width: 1024, height: 768 },
	{ width: 768, height: 1024 },
];

/** As wide as tablets, and back. */
async function fitsTablets(page) {
	const own = page.viewportSize();
	if (own.width < 1024) return;
	for (const size of [...TABLETS, own]) {
		await page.setViewportSize(size);
		await page.evaluate(
			() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100))),
		);
		await fits(page);
	}
}

async function appeared(page, first) {
	await until(page, `first figures (${first})`, (what) => document.querySelector(what), first);
	await still(page);
}

/** A page as it is now: pictured, within its width, accessible. */
async function looked(page, seen, file, options) {
	await page.screenshot({ path: join(shots, `${file}.png`) });
	await fits(page);
	const wrong = await audit(page, options);
	ok(wrong.length === 0, wrong.join("\n# "));
	ok(seen.errors.length === 0, seen.errors.join("; "));
}

/** In light, and then the same page in dark: its colours are all that changes. */
async function look(context, [name, path, first], light, dark) {
	const { page, seen } = await open(context, path);
	await check(`${name} in ${light}: axe, width, picture`, async () => {
		await appeared(page, first);
		const [by, movers] = await page.evaluate(() => [globalThis.__moved, globalThis.__movers]);
		// a note at its head, such as that figures are late, has a reason to come
		const told = await page.locator(".strip").count();
		ok(
			by <= 0.1 || told,
			`the layout moved by itself by ${by.toFixed(3)}: ${movers.join("; ")}`,
		);
		await looked(page, seen, `${name}-${light}`);
		await fitsTablets(page);
	});
	if (dark)
		await check(`${name} in ${dark}: axe, width, picture`, async () => {
			await page.emulateMedia({ colorScheme: "dark" });
			await appeared(page, first);
			await looked(page, seen, `${name}-${dark}`, COLOURS);
		});
	await page.close();
}

async function themes(context) {
	const { page } = await open(context, "/flows");
	const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
	const system = await ground();
	await page.getByRole("button", { name: /^Theme/ }).click();
	await page.getByRole("button", { name: /^Theme/ }).click();
	const dark = await ground();
	ok(
		dark !== system &&
			(await page.evaluate(() => document.documentElement.dataset.theme)) === "dark",
		`${system} ${dark}`,
	);
	await page.reload();
	ok((await ground()) === dark, "the choice is forgotten");
	await page.close();
}

async function calm(context) {
	const { page } = await open(context, "/flows");
	const moving = await page.evaluate(() => document.getAnimations().length);
	ok(moving === 0, `${moving} animations though motion is reduced`);
	await page.close();
}

/** Nobody is signed in: the page says which command helps; its link leaves no trace where it was. */
const WIDTHS = [
	["360", { width: 360, height: 780 }],
	["768", { width: 768, height: 1024 }],
	["1440", { width: 1440, height: 900 }],
];

async function strangers([as, viewport]) {
	const context = await profile({ signedOut: true, colorScheme: "light", viewport });
	const { page } = await open(context, "/flows");
	const dialog = page.getByRole("dialog", { name: /Sign in/ });
	for (const colorScheme of ["light", "dark"])
		await check(`signed out, ${colorScheme}, ${as} wide`, async () => {
			await page.emulateMedia({ colorScheme });
			await dialog.waitFor();
			await still(page);
			await page.screenshot({ path: join(shots, `login-${as}-${colorScheme}.png`) });
			ok(await dialog.getByText("sudo flowbpf login").count(), "no command is named");
			await fits(page);
			const wrong = await audit(page);
			ok(wrong.length === 0, wrong.join("\n# "));
		});
	await context.close();
}

async function byLink() {
	const context = await profile({ signedOut: true });
	const url = await link();
	const { page, seen } = await open(context, `/flows?live=both${new URL(url).hash}`);
	await until(page, "rows", () => document.querySelector(".tr.flow"));
	const address = page.url();
	ok(address.endsWith("/flows?live=both"), `the address bar keeps ${address}`);
	ok(!(await page.evaluate(() => document.cookie)), "the page can read its cookie");
	// what the html asks ahead is refused to who is not signed in yet
	const errors = seen.errors.filter((text) => !text.includes("401 (Unauthorized)"));
	ok(errors.length === 0, errors.join("; "));
	const cookies = await context.cookies();
	ok(cookies[0].httpOnly && cookies[0].sameSite === "Strict", JSON.stringify(cookies));
	await context.clearCookies();
	await page.goto("about:blank");
	await page.goto(url);
	await page.getByText("This link was used already").waitFor();
	await page.getByLabel("Link or token").fill(await link("viewer"));
	await page.getByRole("button", { name: "Sign in" }).click();
	await page.getByRole("dialog", { name: /Sign in/ }).waitFor({ state: "detached" });
	await until(page, "figures", () => document.querySelector(".talkers tbody tr"));
	await context.close();
}

/** Anna, who is there with a password (lab/web.sh). */
async function byName() {
	const context = await profile({ signedOut: true });
	const { page } = await open(context, "/flows");
	const dialog = page.getByRole("dialog", { name: /Sign in/ });
	const submit = page.getByRole("button", { name: "Sign in" });
	await page.getByLabel("Name").fill("anna");
	await page.getByLabel("Password").fill("correct horse staple");
	await submit.click();
	await dialog.getByRole("alert").getByText("do not belong together").waitFor();
	await page.screenshot({ path: join(shots, "login-wrong.png") });
	await page.getByLabel("Password").fill("correct horse battery");
	await submit.click();
	await dialog.waitFor({ state: "detached" });
	await until(page, "rows", () => document.querySelector(".tr.flow"));
	const { name, role } = await page.evaluate(async () => {
		const answer = await (await fetch("/api/v1/session")).json();
		return { name: answer.user, role: answer.role };
	});
	ok(name === "anna" && role === "operator", `${name}, ${role}`);
	await page.goto(new URL("/alerts?show=automation", page.url()).href);
	await page.getByText("takes the admin role").waitFor();
	const offered = await page.getByRole("button", { name: /^Switch on|^On/ }).count();
	ok(offered === 0, `${offered} switches are offered to an operator`);
	await page.screenshot({ path: join(shots, "operator-automation.png") });
	await context.close();
}

/** Without --no-login, at an address of its own where there is one. */
export async function loginChecks() {
	mkdirSync(shots, { recursive: true });
	for (const width of WIDTHS) await strangers(width);
	await check("a link signs in, once, and so does one that is pasted", byLink);
	await check("a name signs in with its password, as what it is", byName);
}

/** Menus are part of the page, too: opened ones have no finding. */
async function menus(context) {
	const { page } = await open(context, "/flows");
	await until(page, "rows", () => document.querySelector(".tr.flow"));
	for (const name of ["Columns", "Export and more"]) {
		await page.getByRole("button", { name, exact: true }).click();
		await page.getByRole("menu").waitFor();
		const wrong = await audit(page, undefined, "[role=menu]");
		ok(wrong.length === 0, `${name}: ${wrong.join("\n# ")}`);
		await page.keyboard.press("Escape");
	}
	await page.close();
}

/** All pages find room: the rest of the phone's bar is a sheet, a low rail scrolls. */
async function roomForAll() {
	const context = await profile({
		viewport: { width: 360, height: 640 },
		hasTouch: true,
		isMobile: true,
	});
	const { page } = await open(context, "/history");
	const bar = page.locator(".bottom .nav-link");
	await bar.last().waitFor();
	const cut = await bar.evaluateAll((list) =>
		list.filter((one) => one.scrollWidth > one.clientWidth || one.offsetWidth < 60),
	);
	ok((await bar.count()) === 5 && !cut.length, `${await bar.count()} in the bar`);
	ok((await bar.last().getAttribute("aria-current")) === "true", "More does not say: here");
	await bar.last().click();
	await page.getByRole("menuitem", { name: "Saved views" }).waitFor();
	await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished)));
	const items = await page.$$eval(".menu-item", (list) =>
		list.map((one) => one.getBoundingClientRect()).map(({ top, bottom }) => [top, bottom]),
	);
	ok(items.length >= 11, `${items.length} behind More`);
	ok(
		items.every(([top, bottom]) => top >= 0 && bottom <= 640 && bottom - top >= 44),
		`not on the screen, or too small: ${JSON.stringify(items)}`,
	);
	await page.keyboard.press("Escape");
	await page.setViewportSize({ width: 1024, height: 420 });
	await page.locator(".rail").waitFor();
	const rail = await page.$eval(".rail", (box) => ({
		heights: [...box.querySelectorAll(".nav-link")].map((one) => one.offsetHeight),
		reach: box.scrollHeight > box.clientHeight && getComputedStyle(box).overflowY === "auto",
		over: document.documentElement.scrollHeight - innerHeight,
	}));
	ok(
		rail.heights.length === items.length + 3 &&
			rail.heights.every((h) => h >= 36) &&
			rail.reach,
		JSON.stringify(rail),
	);
	ok(rail.over <= 0, `the page is ${rail.over} px higher than the screen`);
	await context.close();
}

/** A program's name leads to its flows, each of which is its own; and the list sorts. */
async function programLeads(context) {
	const { page } = await open(context, "/processes");
	const first = page.locator("table.data tbody tr").first();
	await page.locator("th button", { hasText: "Download" }).click();
	await page.waitForFunction(() => location.search.includes("sort=-rate_down"));
	await page.locator("th[aria-sort=descending]", { hasText: "Download" }).waitFor();
	const name = await first.locator(".strong").textContent();
	await first.locator("a").click();
	await page.locator(".tr.flow").first().waitFor();
	const q = await page.evaluate(() => new URLSearchParams(location.search).get("q"));
	ok(q.includes(`owner.process=${name}`), q);
	await page.goBack();
	await page.getByRole("button", { name: "Listening" }).click();
	await page.locator("td", { hasText: "127.0.0.1:8080" }).waitFor();
	await page.close();
}

/** A device is labelled where it stands, and its flows say so. */
async function labelsDevice(context) {
	const { page } = await open(context, "/devices?open=00:00:0c:00:01:01");
	await page.getByRole("button", { name: "Label it" }).click();
	await page.getByLabel("Label", { exact: true }).fill("Den TV");
	await page.getByLabel("Icon").selectOption("tv");
	await page.getByRole("button", { name: "Save", exact: true }).click();
	const row = page.locator("table.data tbody tr", { hasText: "Den TV" });
	await row.first().waitFor();
	const kept = await api("devices/00:00:0c:00:01:01");
	ok(kept.label === "Den TV" && kept.icon === "tv", JSON.stringify(kept));
	await page.locator("th button", { hasText: "Device" }).click();
	await page.waitForFunction(() => location.search.includes("sort=-name"));
	const names = await page.$$eval("table.data tbody .device-name bdi", (all) =>
		all.map((one) => one.textContent.toLowerCase()),
	);
	ok(names.length >= 4 && names.every((n, i) => !i || names[i - 1] >= n), `${names}`);
	await page.close();
}

/** All counters of an interface are a click away, and go with another one. */
async function opensRow(context) {
	const { page } = await open(context, "/interfaces");
	const row = page.locator("table.data button[aria-expanded]", { hasText: "wan" });
	const facts = page.locator(".device-parts .facts");
	await row.click();
	await facts.first().waitFor();
	ok((await facts.count()) === 3, "a device, in and out");
	ok((await facts.nth(2).locator("div").count()) >= 13, "what was sent, by cause");
	await row.click();
	await facts.first().waitFor({ state: "detached" });
	await page.close();
}

export async function pageChecks() {
	mkdirSync(shots, { recursive: true });
	for (const [light, dark, options, most] of LOOKS) {
		const all = await pagesToSee(); // anew: closed flows are kept for a while only
		const context = await profile({ ...options, colorScheme: "light" });
		await abreast(
			3,
			all.map((one, i) => () => look(context, one, light, i < most ? dark : null)),
		);
		await context.close();
	}
	const context = await profile({ colorScheme: "light" });
	await check("the theme can be chosen and is kept", () => themes(context));
	await check("a program leads to its flows", () => programLeads(context));
	await check("a device is given a label", () => labelsDevice(context));
	await check("a row of interfaces opens", () => opensRow(context));
	await check("open menus: axe", () => menus(context));
	await context.close();
	await check("the navigation has room for all pages", roomForAll);
	const reduced = await profile({ reducedMotion: "reduce" });
	await check("nothing moves by itself when motion is reduced", () => calm(reduced));
	await reduced.close();
	console.log(`# pictures of ${base} in ${shots}`);
}
