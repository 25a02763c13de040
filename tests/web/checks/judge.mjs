// SPDX-License-Identifier: BSD-2-Clause
// The judge on the page: who tries closed ports needs attention, a flow's drawer says why, point by
// point, and the Overview's panel counts as the API does.
import { join } from "node:path";
import { api, check, ok, open, profile, until } from "../browser.mjs";
import { word } from "../words.mjs";
import { shots } from "./pages.mjs";
import { atWidths } from "./widths.mjs";

const WIDTHS = { 360: 780, 1440: 900 };
const RISKY = encodeURIComponent("src.ip=198.51.100.66 and risk>=50");

const risky = async () =>
	(await api(`flows?live=both&limit=1&sort=-risk&fields=id&filter=${RISKY}`)).items[0];

async function attention(context) {
	const { page } = await open(context, "/");
	const item = page.locator(".attend.bad", { hasText: /high risk/ });
	await item.click();
	await page.locator(".tr.flow").first().waitFor();
	const q = await page.evaluate(() => new URLSearchParams(location.search).get("q"));
	ok(q === "risk.class=high", q);
	await page
		.locator(".tr.flow .mark.bad", { hasText: /^Risk \d+$/ })
		.first()
		.waitFor();
	await page.close();
}

/** Its points add up to the risk, and each has a sentence. */
async function says(context) {
	const { id } = await risky();
	const { judge } = await api(`flows/${id}`);
	const { page, seen } = await open(context, `/flows/${id}`);
	const why = page.locator(".why-judged");
	await why.waitFor();
	ok((await why.locator(".risk strong").textContent()) === String(judge.risk), "the risk");
	const reasons = await why.locator(".reasons li").allTextContents();
	for (const { kind, points, why: fact } of judge.evidence)
		ok(
			reasons.some((text) => text.startsWith(`+${points}${kind} ${fact}`)),
			`${kind}: ${reasons.join(" | ")}`,
		);
	ok(reasons.length === judge.evidence.length, `${reasons.length} reasons`);
	ok((await why.locator(".learned li").count()) === judge.cells.length, "what moved it most");
	ok(!seen.errors.length, seen.errors.join("; "));
	await page.close();
}

/** Said in the drawer, it is the API's word at once; taken back, the judge's is. */
async function teaches(context) {
	const { id } = await risky();
	/** flows are of the last tick */
	const becomes = async (wanted) => {
		for (let i = 0; i < 40; i++) {
			if ((await api(`flows/${id}`)).judge.taught === wanted) return;
			await new Promise((done) => setTimeout(done, 250));
		}
		throw new Error(`it is not taught ${wanted}`);
	};
	const { page, seen } = await open(context, `/flows/${id}`);
	const group = page.getByRole("group", { name: word("judge.teach") });
	const allow = group.getByRole("button", { name: word("judge.teachAllow") });
	await allow.waitFor();
	if (await allow.isEnabled()) await allow.click();
	const undo = group.getByRole("button", { name: word("acts.undo") });
	await undo.waitFor();
	await becomes("allow");
	await page
		.locator(".why-judged")
		.getByText(word("judge.taught", { word: "allow" }))
		.waitFor();
	await undo.click();
	await page.getByText(word("judge.untaught")).waitFor();
	await undo.waitFor({ state: "detached" });
	await becomes(undefined);
	ok(!seen.errors.length, seen.errors.join("; "));
	await page.close();
}

async function counts(context) {
	const { page } = await open(context, "/");
	const panel = page.locator(".a-judge");
	await panel.locator(".word").first().waitFor();
	await until(page, "who was looked at", () =>
		[...document.querySelectorAll(".a-judge .word.ok strong")].some(
			(one) => one.textContent !== "0",
		),
	);
	const scan = panel.locator(".bars a", { hasText: "scan" });
	await scan.waitFor();
	await panel.screenshot({ path: join(shots, "judge-panel.png") });
	await scan.click();
	await page.locator(".tr.flow").first().waitFor();
	ok((await page.evaluate(() => location.search)).includes("evidence%7Escan"), page.url());
	await page.close();
}

/** The scan comes once a minute, and is judged within seconds. */
async function seen() {
	for (let i = 0; i < 60; i++) {
		if (await risky()) return;
		await new Promise((done) => setTimeout(done, 1000));
	}
	throw new Error("the scan of this scene is not seen");
}

export async function judgeChecks() {
	const context = await profile();
	await seen();
	await check("what is risky needs attention", () => attention(context));
	await check("a flow says why, point by point", () => says(context));
	await check("it is told better, and that is taken back", () => teaches(context));
	await check("verdicts and reasons are counted", () => counts(context));
	await atWidths(
		"why",
		async () => `/flows/${(await risky()).id}`,
		WIDTHS,
		(page) => page.locator(".why-judged").waitFor(),
	);
	await atWidths("judged", "/", WIDTHS, (page) =>
		page.locator(".a-judge .bars a").first().waitFor(),
	);
	await context.close();
}
