// SPDX-License-Identifier: BSD-2-Clause
// Alerts: what fires is shown as the API has it, held back for a while and told again; rules as they
// are written; a sender that fails says why, and is tried.
import { readFileSync } from "node:fs";
import { api, asked, busy, check, ok, open, profile, until } from "../browser.mjs";
import { word } from "../words.mjs";
import { atWidths } from "./widths.mjs";

const WIDTHS = { 360: 780, 1440: 900 };
const RULE = "busy";
const SCANNER = "198.51.100.66";
const row = (page, text) => page.locator("table.data tbody tr", { hasText: text }).first();

/** Silenced by its menu, it says so, and whoever looks at the API sees who and until when. */
async function silences(context) {
	const { page, seen } = await open(context, "/alerts?show=alerts");
	const one = row(page, RULE);
	await one.waitFor();
	await one.getByText(word("alerts.firing")).waitFor();
	const [name, key] = (await one.locator("strong").textContent()).split(" · ");
	ok(name === RULE, name);
	await one.getByRole("button", { name: word("alerts.silenceOne", { what: key }) }).click();
	await page.getByRole("menuitem", { name: word("alerts.silenceHour", { what: key }) }).click();
	await page.getByText(word("alerts.silenced")).waitFor();
	const held = (await api("alerts")).silences.find((it) => it.rule === RULE && it.key === key);
	const minutes = (Date.parse(held.until) - Date.now()) / 60000;
	ok(minutes > 50 && minutes <= 60, `${minutes} min are left`);
	const silence = page.locator(".silences li", { hasText: key }).first();
	ok((await silence.textContent()).includes(held.by), await silence.textContent());
	await silence.getByRole("button", { name: word("alerts.endSilence") }).click();
	await page.getByText(word("alerts.spoken")).waitFor();
	ok(
		!(await api("alerts")).silences.some((it) => it.rule === RULE && it.key === key),
		"the silence is there still",
	);
	ok(!seen.errors.length && !seen.dialogs, seen.errors.join("; "));
	await page.close();
}

/** The scan of the scene is one incident; hidden for a day, it is shown when that is ended. */
async function incidents(context) {
	const { page, seen } = await open(context, "/alerts");
	for (const { id } of (await api("incident-silences")).items)
		// of a try before
		await asked(page, `incident-silences/${id}`, "DELETE");
	const one = row(page, SCANNER);
	await one.waitFor({ timeout: 90000 });
	const what = `${SCANNER} scan`;
	ok((await one.locator(".rule-what").textContent()).startsWith(what), await one.textContent());
	await one.getByRole("button", { name: word("alerts.silenceOne", { what }) }).click();
	await page.getByRole("menuitem", { name: word("alerts.silenceDay", { what }) }).click();
	await page.getByText(word("alerts.hidden")).waitFor();
	await one.waitFor({ state: "detached" });
	await page
		.locator(".silences li", { hasText: SCANNER })
		.getByRole("button", { name: word("alerts.endSilence") })
		.click();
	await one.waitFor();
	await one.getByRole("button", { name: word("alerts.blockOne", { what: SCANNER }) }).click();
	await page.getByRole("dialog").getByText(SCANNER).first().waitFor();
	await page.keyboard.press("Escape");
	await one.locator("a.rule-what").click();
	await page.locator(".tr.flow .mark.bad").first().waitFor();
	ok(!seen.errors.length && !seen.dialogs, seen.errors.join("; "));
	await page.close();
}

/** A lane of the last day each host; one of them alone, with a way back, and what is shown as CSV. */
async function timeline(context) {
	const { page, seen } = await open(context, "/alerts");
	const lane = page.locator(".lanes li", { hasText: SCANNER });
	await lane.waitFor({ timeout: 90000 });
	const [place, bar] = [
		await lane.locator(".lane").boundingBox(),
		await lane.locator(".lane a").first().boundingBox(),
	];
	ok(
		bar.width >= 6 && bar.x + bar.width <= place.x + place.width + 1,
		`${JSON.stringify(bar)} of ${JSON.stringify(place)}`,
	);
	await lane.getByRole("button").click();
	await page.waitForURL(/host=198\.51\.100\.66/);
	await row(page, SCANNER).waitFor();
	await until(page, "one lane", () => document.querySelectorAll(".lanes li").length === 1);
	await page
		.getByRole("button", { name: word("panel.download", { title: word("alerts.timeline") }) })
		.click();
	const saved = page.waitForEvent("download");
	await page.getByRole("menuitem", { name: word("panel.csv") }).click();
	const text = readFileSync(await (await saved).path(), "utf8");
	ok(text.includes(`${SCANNER},scan,high,`), text.slice(0, 300));
	await page.getByRole("button", { name: word("hosts.allHosts") }).click();
	await page.waitForURL((url) => !url.search.includes("host="));
	ok(!seen.errors.length && !seen.dialogs, seen.errors.join("; "));
	await page.close();
}

async function rules(context) {
	const { page } = await open(context, "/alerts?show=rules");
	const { items } = await api("alert-rules");
	for (const { name, text } of items)
		ok((await row(page, name).textContent()).includes(text), `${name}: ${text}`);
	await page.close();
}

async function senders(context) {
	const { page } = await open(context, "/alerts?show=alerts");
	await page.getByRole("button", { name: word("alerts.senders") }).click();
	const one = row(page, "nobody");
	await one.locator(".bad-text").waitFor({ timeout: 30000 * busy() });
	const { queued } = (await api("alerts")).senders[0];
	await one.getByRole("button", { name: word("alerts.testOne", { name: "nobody" }) }).click();
	await page.getByText(word("alerts.tested", { name: "nobody" })).waitFor();
	ok((await api("alerts")).senders[0].queued > queued, `${queued} were queued before`);
	await page.close();
}

/** What a kind would have done is shown, and switches it on; a click ends it. */
async function automation(context) {
	const { page, seen } = await open(context, "/alerts?show=automation");
	const isOn = async () =>
		(await api("automation")).switches.filter((one) => one.on).map((one) => one.kind);
	const one = row(page, "brute");
	for (const { kind, direction } of (await api("automation")).switches.filter((it) => it.on))
		await asked(page, `automation/${kind}/${direction}`, "DELETE");
	await one.getByRole("button", { name: word("automation.on") }).click();
	const dialog = page.getByRole("dialog");
	const [said] = word("automation.wouldHave", { blocks: "|" }).split("|");
	await dialog.getByText(said).waitFor();
	ok(!(await isOn()).length, "it is on before anybody says so");
	await dialog.getByRole("button", { name: word("automation.on") }).click();
	await one.getByRole("button", { name: word("automation.off") }).waitFor();
	ok((await isOn()).join() === "brute", (await isOn()).join());
	await one.getByRole("button", { name: word("automation.off") }).click();
	await one.getByRole("button", { name: word("automation.on") }).waitFor();
	ok(!(await isOn()).length, "it is on still");
	ok(!seen.errors.length && !seen.dialogs, seen.errors.join("; "));
	await page.close();
}

/** The page has the figures of the document, and what is the case here. */
async function worth(context) {
	const { page, seen } = await open(context, "/alerts?show=judge");
	const line = readFileSync("docs/judge.md", "utf8").match(/^\| remcos \| (.*) \|$/m)[1];
	const found = page.locator("table.small tr", { hasText: "remcos" }).last();
	await found.waitFor();
	const cells = await found.locator("td").allTextContents();
	ok(cells.join(" | ") === line, cells.join(" | "));
	await page.locator(".worth > p").first().waitFor();
	ok(!seen.errors.length, seen.errors.join("; "));
	await page.close();
}

async function readers() {
	const context = await profile({ role: "viewer" });
	const { page } = await open(context, "/alerts?show=alerts");
	await row(page, RULE).waitFor();
	ok(!(await page.getByRole("button", { name: /silence/i }).count()), "a viewer may silence");
	await page.goto(new URL("/alerts?show=automation", page.url()).href);
	await row(page, "brute").waitFor();
	const on = page.getByRole("button", { name: word("automation.on") });
	ok(!(await on.count()), "a viewer may switch it on");
	await context.close();
}

export async function alertChecks() {
	const context = await profile();
	await check("a scan is an incident, hidden for a day", () => incidents(context));
	await check("incidents have their lane of the last day", () => timeline(context));
	await check("an alert is silenced for an hour, and told again", () => silences(context));
	await check("rules of alerts stand as they are written", () => rules(context));
	await check("who alerts are told to, why one waits, a test", () => senders(context));
	await check("a kind acts by itself once what that would have done was shown", () =>
		automation(context),
	);
	await check("what the judge is worth, as measured", () => worth(context));
	await check("who may only look is offered nothing", () => readers());
	await atWidths("incidents", "/alerts", WIDTHS, (page) => row(page, SCANNER).waitFor());
	await atWidths("alerts", "/alerts?show=alerts", WIDTHS, (page) => row(page, RULE).waitFor());
	await atWidths("automation", "/alerts?show=automation", WIDTHS, (page) =>
		row(page, "brute").waitFor(),
	);
	await atWidths("worth", "/alerts?show=judge", WIDTHS, (page) =>
		page.locator(".worth table").first().waitFor(),
	);
	await context.close();
}
