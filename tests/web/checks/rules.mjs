// SPDX-License-Identifier: BSD-2-Clause
// Acts: rules as the API has them, taken back, counted down; entries of menus that lead to a dialog
// with what it would meet; none of it for who may only look.
import { api, asked, base, check, near, ok, open, profile, until } from "../browser.mjs";
import { word } from "../words.mjs";
import { atWidths } from "./widths.mjs";

const HOSTILE = '<img src=x onerror="alert(1)">';
/** Nobody's: what the scene does goes on. */
const NET = "198.18.7.0/24";

const rules = async () => (await api("rules")).items;
const ruleOf = async (id) => (await rules()).find((one) => one.id === id);
const row = (page, id) => page.locator("table.data tbody tr", { hasText: id });
/** What a try before left would be met by this one. */
const clear = async (page) => {
	for (const { id } of await rules()) await asked(page, `rules/${id}`, "DELETE");
};

async function listed(context) {
	const { page, seen } = await open(context, "/rules");
	await clear(page);
	await page.getByRole("heading", { level: 1 }).waitFor();
	const block = await asked(page, "rules", "POST", { what: NET, for: 600, reason: HOSTILE });
	const allow = await asked(page, "rules", "POST", {
		verb: "allow",
		what: "dst.host=one.example.com",
		permanent: true,
	});
	await row(page, NET).waitFor();
	const cells = await row(page, NET).locator("td").allTextContents();
	const { by } = await ruleOf(block.id);
	ok(cells[0] === String(block.id) && cells[1] === word("rules.block"), cells.join(" | "));
	ok(cells[2].includes(HOSTILE) && cells[2].includes(by), `why and who: ${cells[2]}`);
	ok(
		cells.some((cell) => /^9m \d+s$/.test(cell)),
		`what is left: ${cells.join(" | ")}`,
	);
	const order = await page.locator("table.data tbody tr td:first-child").allTextContents();
	ok(order.indexOf(String(allow.id)) < order.indexOf(String(block.id)), `exceptions: ${order}`);
	const was = await row(page, NET).textContent();
	await until(
		page,
		"less time left",
		([text, net]) =>
			![...document.querySelectorAll("table.data tbody tr")].some(
				(tr) => tr.textContent.includes(net) && tr.textContent === text,
			),
		[was, NET],
	);
	for (const { id } of [block, allow]) {
		await page.getByRole("button", { name: word("rules.undoOne", { id }) }).click();
		await page.getByText(word("acts.undone", { id })).waitFor();
		ok(!(await ruleOf(id)), `rule ${id} is there still`);
	}
	ok(!seen.errors.length && !seen.dialogs, seen.errors.join("; "));
	await page.close();
}

/** The scene's tunnel, which goes on whatever becomes of its packets. */
const TUNNEL = encodeURIComponent("proto=udp and dst.port=51820");

/** What it counts is what the API counts. */
async function stops(context) {
	const { page } = await open(context, "/rules");
	await clear(page);
	const [flow] = (await api(`flows?limit=1&filter=${TUNNEL}`)).items;
	const what = `id=${flow.id}`;
	const { id } = await asked(page, "rules", "POST", { what, for: 600 });
	await row(page, what).waitFor();
	await until(
		page,
		"packets that it stopped",
		(text) =>
			[...document.querySelectorAll("table.data tbody tr")].some(
				(tr) => tr.textContent.includes(text) && !/(^|\D)0 B/.test(tr.textContent),
			),
		what,
		20000,
	);
	const { packets } = await ruleOf(id);
	ok(packets > 0, `${packets} packets in the API`);
	await page.getByRole("button", { name: word("rules.undoOne", { id }) }).click();
	await row(page, what).waitFor({ state: "detached" });
	await page.close();
	return `${packets} packets`;
}

async function menuOf(page, button) {
	await button.click();
	const items = await page.getByRole("menuitem").allTextContents();
	return items.map((text) => text.trim());
}

/** From a host's page to a dialog that counts what it would end. */
async function kills(context) {
	const [host] = (await api("hosts?limit=100")).items.sort((a, b) => b.flows - a.flows);
	const { page } = await open(context, `/hosts/${host.ip}`);
	const button = page.getByRole("button", { name: word("acts.act") });
	const items = await menuOf(page, button);
	ok(items.includes(word("acts.kill")), items.join(", "));
	await page.getByRole("menuitem", { name: word("acts.kill") }).click();
	const dialog = page.getByRole("dialog", { name: word("flows.killMatchingAsk") });
	await dialog.locator(".examples li").first().waitFor();
	const shown = Number((await dialog.locator("strong").first().textContent()).replace(/\D/g, ""));
	ok(shown > 0, `${shown} flows`);
	await page.keyboard.press("Escape");
	await dialog.waitFor({ state: "detached" });
	await page.close();
	return `${shown} flows of ${host.ip}`;
}

/** The dialog, once it has looked. */
async function looked(page, ask) {
	const dialog = page.getByRole("dialog", { name: word(ask) });
	await dialog.locator('.act-shown[aria-busy="false"] strong').first().waitFor();
	return dialog;
}

/** From a row: what was shown is blocked, for as long and for the reason that was said. */
async function blocks(context) {
	const [flow] = (
		await api(
			"flows?limit=1&sort=-rate_bps&filter=dst.port%3D443+and+proto%3Dtcp+and+duration%3E5",
		)
	).items;
	const { page, seen } = await open(context, `/flows?q=id%3D${flow.id}`);
	await clear(page);
	await page.locator(".tr.flow").first().click({ button: "right" });
	await page.getByRole("menuitem", { name: word("acts.block") }).click();
	const dialog = await looked(page, "acts.blockAsk");
	const what = `dst.ip=${flow.dst.ip} and dst.port=443 and proto=tcp`;
	const choice = dialog.getByRole("combobox", { name: word("acts.what") });
	const names = await choice.locator("option").allTextContents();
	ok(names[0] === word("acts.ofHost", { host: flow.dst.ip }), names.join(" | "));
	await choice.selectOption({
		label: word("acts.ofService", { end: `${flow.dst.ip}:443`, proto: "tcp" }),
	});
	await dialog.getByText(what).waitFor();
	await dialog.getByRole("combobox", { name: word("acts.howLong") }).selectOption("600");
	await dialog.getByLabel(word("flows.why")).fill(HOSTILE);
	await page.waitForTimeout(400); // a preview of before is on its way out
	await looked(page, "acts.blockAsk");
	const shown = Number((await dialog.locator("strong").first().textContent()).replace(/\D/g, ""));
	const { matched } = (await api(`flows?limit=1&filter=${encodeURIComponent(what)}`)).page;
	ok(near(shown, matched, 0.3, 3), `${shown} shown, ${matched} in the API`);
	await dialog.getByRole("button", { name: word("acts.blockIt") }).click();
	await dialog.waitFor({ state: "detached" });
	const rule = (await rules()).find((one) => one.what === what);
	ok(rule && rule.reason === HOSTILE, JSON.stringify(rule));
	const left = Date.parse(rule.until) - Date.now();
	ok(near(left, 600_000, 0, 15_000), `${left} ms left`);
	await asked(page, `rules/${rule.id}`, "DELETE");
	ok(!seen.errors.length && !seen.dialogs, seen.errors.join("; "));
	await page.close();
	return `${shown} flows`;
}

/** What reaches inside is taken back unless somebody says that it is right. */
async function confirms(context) {
	const inside = "10.0.1.202"; // a neighbour that says nothing
	const { mac } = (await api("devices")).items.find(({ addresses }) =>
		addresses.some(({ ip }) => ip === inside),
	);
	const { page } = await open(context, `/devices?open=${mac}`);
	await clear(page);
	await page.getByRole("button", { name: word("acts.act") }).click();
	await page.getByRole("menuitem", { name: word("acts.block") }).click();
	const dialog = await looked(page, "acts.blockAsk");
	await dialog
		.getByRole("combobox", { name: word("acts.what") })
		.selectOption({ label: word("acts.ofHost", { host: inside }) });
	const careful = dialog.getByRole("checkbox");
	await careful.waitFor();
	ok(await careful.isChecked(), "nobody advises to be careful");
	await dialog.getByRole("button", { name: word("acts.blockIt") }).click();
	await page.getByRole("timer").waitFor();
	const rule = (await rules()).find((one) => one.what === inside);
	ok(rule?.confirm_until, "it does not wait");
	await page.getByRole("button", { name: word("acts.keep") }).click();
	await page.getByRole("timer").waitFor({ state: "detached" });
	ok(!(await ruleOf(rule.id)).confirm_until, "it waits still");
	await asked(page, `rules/${rule.id}`, "DELETE");
	await page.close();
}

/** All off, by one button: each page says so, and nothing is stopped until they are on again. */
async function allOff(context) {
	const { page } = await open(context, "/rules");
	await clear(page);
	await asked(page, "panic", "POST", { on: false });
	const { id } = await asked(page, "rules", "POST", { what: NET, for: 600 });
	await page.getByRole("button", { name: word("rules.panic") }).click();
	const dialog = page.getByRole("dialog", { name: word("rules.panicAsk") });
	await dialog.getByRole("button", { name: word("rules.panicOn") }).click();
	await dialog.waitFor({ state: "detached" });
	ok((await api("rules")).panic === true, "the API says that rules are on");
	await page.goto(new URL("/hosts", base).href);
	await page.getByText(word("rules.panicIsOn")).waitFor();
	await page.goto(new URL("/rules", base).href);
	await page.getByRole("button", { name: word("rules.panicOff") }).click();
	await page.getByText(word("rules.panicEnded")).waitFor();
	ok((await api("rules")).panic === false, "the API says that rules are off");
	await page.getByText(word("rules.panicIsOn")).waitFor({ state: "detached" });
	await asked(page, `rules/${id}`, "DELETE");
	await page.close();
}

/** Of an uplink: what its old address, its address and itself still carry. */
async function uplink(context) {
	const { page, seen } = await open(context, "/interfaces?open=wan");
	await page.getByRole("button", { name: word("interfaces.forget") }).click();
	const dialog = page.getByRole("dialog", { name: word("flows.deleteMatchingAsk") });
	const choice = dialog.getByRole("combobox");
	const choices = await choice.locator("option").allTextContents();
	ok(choices.length >= 3 && choices[0] === word("acts.ofOldAddress"), choices.join(" | "));
	await choice.selectOption({ label: word("acts.ofInterface", { name: "wan" }) });
	await dialog.locator(".examples li").first().waitFor();
	ok(!seen.errors.length, seen.errors.join("; "));
	await page.keyboard.press("Escape");
	await page.close();
}

async function lookers() {
	const context = await profile({ role: "viewer" });
	const { page } = await open(context, "/hosts");
	await page.locator("table.data tbody tr").first().waitFor();
	ok(!(await page.locator(".act-button").count()), "hosts have a menu of acts");
	await page.goto(new URL("/flows", base).href);
	await page.locator(".tr.flow").first().click({ button: "right" });
	const items = await page.getByRole("menuitem").allTextContents();
	ok(!items.some((text) => text.includes(word("acts.block"))), items.join(", "));
	await page.goto(new URL("/rules", base).href);
	await page.getByRole("heading", { level: 1 }).waitFor();
	ok(!(await page.getByRole("button", { name: word("acts.undo") }).count()), "undo is offered");
	await context.close();
}

const WIDTHS = { 360: 780, 768: 1024, 1440: 900 };

export async function ruleChecks() {
	const context = await profile();
	await check("rules are the API's, and are taken back", () => listed(context));
	await check("what a rule stops is counted", () => stops(context));
	await check("a host's menu leads to what would be ended", () => kills(context));
	await check("a row's menu blocks what was shown", () => blocks(context));
	await check("what reaches inside waits for a word", () => confirms(context));
	await check("all rules are turned off, and on", () => allOff(context));
	await check("an uplink's old address, address and itself in one step", () => uplink(context));
	await check("who may only look is offered no act", lookers);
	const { page } = await open(context, "/rules");
	const made = [
		{ what: NET, for: 3600, reason: "asks for passwords since noon" },
		{ verb: "allow", what: "dst.host=one.example.com", permanent: true },
	];
	for (const body of made) await asked(page, "rules", "POST", body);
	await atWidths("rules", "/rules", WIDTHS, (one) => row(one, NET).waitFor());
	await clear(page);
	await context.close();
}
