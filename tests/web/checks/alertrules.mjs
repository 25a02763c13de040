// SPDX-License-Identifier: BSD-2-Clause
// Rules of alerts on the page: form and text are one rule, wherever it is edited; it is tried, kept,
// changed, taken back; ready ones are switched.
import { api, asked, busy, check, ok, open, profile } from "../browser.mjs";
import { word } from "../words.mjs";
import { atWidths } from "./widths.mjs";

const WIDTHS = { 360: 780, 768: 1024, 1440: 900 };
const row = (page, text) => page.locator("table.data tbody tr", { hasText: text }).first();
const ruleOf = async (name) => (await api("alert-rules")).items.find((it) => it.name === name);

async function begin(page) {
	await page.getByRole("button", { name: word("alerts.newRule") }).click();
	const dialog = page.getByRole("dialog");
	const field = (key) => dialog.getByLabel(word(`alerts.${key}`), { exact: true });
	const text = field("asText");
	/** Waits until the server's answer has written it. */
	const says = (locator, value) =>
		page.waitForFunction(([one, wanted]) => one.value === wanted, [locator, value]);
	return {
		dialog,
		field,
		text,
		says: async (locator, value) => says(await locator.elementHandle(), value),
	};
}

/** Of its own each time: one that a try before left is another one. */
let names = 0;
const freshName = () => `web-${Date.now() % 1e6}-${++names}`;

/** What is typed in one is in the other, words by the form, the form by words. */
async function oneRule(context) {
	const name = freshName();
	const { page, seen } = await open(context, "/alerts?show=rules");
	const { dialog, field, text, says } = await begin(page);
	await field("name").fill(name);
	await field("measure").selectOption("flows");
	await field("limit").fill("0");
	await field("for").fill("");
	await says(text, `${name}: flows > 0 by src.ip`);
	const filter = dialog.getByLabel(word("word.filter"), { exact: true });
	await filter.pressSequentially("proto=tc");
	await dialog.locator(".offers li", { hasText: "tcp" }).first().waitFor();
	await page.keyboard.press("ArrowDown");
	await page.keyboard.press("Enter");
	await says(text, `${name}: proto=tcp | flows > 0 by src.ip`);
	await text.fill(`${name}: proto=tcp | flows > many by dst.port for 1s`);
	await says(field("by"), "dst.port");
	await dialog.locator("mark", { hasText: "many" }).waitFor();
	ok(await dialog.getByRole("button", { name: word("alerts.keep") }).isDisabled(), "it is kept");
	await text.fill(`${name}: proto=tcp | flows > 0 by dst.port for 1s severity info`);
	await says(field("severity"), "info");
	await dialog.getByRole("button", { name: word("alerts.try") }).click();
	await dialog.getByText(/It would have fired \d+ times?/).waitFor({ timeout: 40000 * busy() });
	await dialog.getByRole("button", { name: word("alerts.keep") }).click();
	await dialog.waitFor({ state: "detached" });
	await row(page, name).waitFor();
	const { source, text: kept } = await ruleOf(name);
	ok(
		source === "made" && kept === "proto=tcp | flows > 0 by dst.port for 1s severity info",
		kept,
	);
	ok(!seen.errors.length && !seen.dialogs, seen.errors.join("; "));
	await page.close();
}

async function changes(context) {
	const { page } = await open(context, "/alerts?show=rules");
	const name = freshName();
	await asked(page, "alert-rules", "POST", { rule: `${name}: flows > 0 by dst.port` });
	const button = (key) => page.getByRole("button", { name: word(`alerts.${key}`, { name }) });
	await button("changeOne").click();
	const dialog = page.getByRole("dialog");
	await dialog.getByLabel(word("alerts.limit"), { exact: true }).fill("7");
	await dialog.getByRole("button", { name: word("alerts.keep") }).click();
	await dialog.waitFor({ state: "detached" });
	ok((await ruleOf(name)).words.limit === "7", (await ruleOf(name)).text);
	await button("switchOff").click();
	await button("switchOn").waitFor();
	ok(!(await ruleOf(name)), "it is in force still");
	await button("changeOne").click();
	await dialog.getByRole("button", { name: word("flows.delete") }).click();
	await dialog.getByRole("button", { name: word("alerts.removeSure", { name }) }).click();
	await row(page, name).waitFor({ state: "detached" });
	const { items, off } = await api("alert-rules");
	ok(![...items, ...off].some((it) => it.name === name), "it is there still");
	await page.close();
}

async function readyOnes(context) {
	const { page } = await open(context, "/alerts?show=rules");
	const name = "conntrack";
	const button = (key) => page.getByRole("button", { name: word(`alerts.${key}`, { name }) });
	await asked(page, `alert-rules/named/${name}`, "PUT", { on: true });
	await button("switchOff").click();
	await button("switchOn").click();
	await button("switchOff").waitFor();
	ok((await ruleOf(name)).source === "ready", "it is another one");
	ok(!(await page.getByRole("button", { name: /busy/ }).count()), "the config's may be changed");
	await page.close();
}

async function readers() {
	const context = await profile({ role: "viewer" });
	const { page } = await open(context, "/alerts?show=rules");
	await row(page, "conntrack").waitFor();
	ok(!(await page.locator(".rule-acts button").count()), "a viewer may change rules");
	await context.close();
}

export async function alertRuleChecks() {
	const context = await profile();
	await check("form and text are one rule, tried and kept", () => oneRule(context));
	await check("a rule is changed, switched off and removed", () => changes(context));
	await check("a ready rule is switched off and on", () => readyOnes(context));
	await check("who may only look changes no rule", () => readers());
	await atWidths("alert-rules", "/alerts?show=rules", WIDTHS, (page) =>
		row(page, "disk").waitFor(),
	);
	await atWidths("alert-rule", "/alerts?show=rules", WIDTHS, async (page) => {
		if (await page.getByRole("dialog").count()) return;
		const { dialog, field, text } = await begin(page);
		await field("name").fill("uploads");
		await text.fill(
			"uploads: scope=internal-external | rate > 50mbit by src.ip for 5m severty warning",
		);
		await dialog.locator("mark").waitFor();
	});
	await context.close();
}
