// SPDX-License-Identifier: BSD-2-Clause
// Times and addresses: a range says what it can show, a paused moment and an ended flow have addresses that say so.
import { api, check, ok, open, profile, until } from "../browser.mjs";

async function says(context) {
	const { page } = await open(context, "/flows?range=24h");
	await until(page, "whose answers they are", () =>
		document.querySelector(".kept")?.textContent.includes("of the history"),
	);
	const text = await page.locator(".timebar").textContent();
	ok(/Last 24 h/.test(text), text);
	await page.getByRole("button", { name: "Show now" }).click();
	await until(page, "live again", () => !document.querySelector(".timebar"));
	await page.close();
}

/** Paused here, opened there: the same second, standing still. */
async function shared(context) {
	const { page } = await open(context, "/");
	await until(page, "figures", () =>
		/\d/.test(document.querySelector(".tile-value")?.textContent),
	);
	await page.keyboard.press("Space");
	await until(page, "the moment in the address", () => /still=\d+/.test(location.search));
	const [, moment] = /still=(\d+)/.exec(page.url());
	const { page: other } = await open(
		context,
		new URL(page.url()).search ? `/${new URL(page.url()).search}` : "/",
	);
	await until(
		other,
		"that moment, still",
		(at) =>
			location.search.includes(`at=${at}-${at}`) &&
			document.querySelector(".lamp").textContent.includes("Paused"),
		moment,
	);
	await until(other, "its figures", () =>
		/\d/.test(document.querySelector(".tile-value")?.textContent),
	);
	await other.close();
	await page.getByRole("button", { name: "Resume" }).click();
	await until(page, "an address of now", () => !location.search.includes("still="));
	await page.close();
}

async function gone(context) {
	const { page } = await open(context, "/flows/0123456789abcdef?ended=2026-01-02T03:04:05Z");
	await until(page, "when it ended", () =>
		/ended at 2026-01-0\d .*no longer kept/.test(
			document.querySelector(".drawer-note")?.textContent,
		),
	);
	// a link that was copied while the flow was open: the server knows
	await page.route("**/api/v1/flows/fedcba9876543210", (route) =>
		route.fulfill({
			status: 410,
			json: { status: 410, detail: "the flow ended at 2026-03-04T05:06:07.000Z (fin)" },
		}),
	);
	await page.goto(new URL("/flows/fedcba9876543210", page.url()).href);
	await until(page, "when it ended, by the server", () =>
		/ended at 2026-03-0\d /.test(document.querySelector(".drawer-note")?.textContent),
	);
	const flow = (await api("flows?live=closed&limit=1")).items[0];
	if (!flow) return "no flow has ended yet";
	await page.goto(new URL(`/flows/${flow.id}`, page.url()).href);
	await until(page, "an ended flow", () => document.querySelector(".drawer .timeline"));
	await page.evaluate(() => {
		navigator.clipboard.writeText = async (text) => {
			globalThis.__copied = text;
		};
	});
	await page.getByRole("button", { name: "Copy link" }).click();
	await until(page, "an address with its end", () =>
		/\?ended=20/.test(globalThis.__copied ?? ""),
	);
	await page.close();
}

/** Columns go along in the address, to a browser that chose others. */
async function columns(context) {
	const { page } = await open(context, "/flows");
	await until(page, "rows", () => document.querySelector(".tr.flow"));
	await page.getByRole("button", { name: "Columns" }).click();
	await page.getByRole("menuitemcheckbox", { name: "RTT", exact: true }).click();
	await until(page, "the columns in the address", () => /cols=[^&]*rtt_ms/.test(location.search));
	const { search } = new URL(page.url());
	await page.close();
	const elsewhere = await profile();
	const { page: other } = await open(elsewhere, `/flows${search}`);
	await until(other, "the same columns", () =>
		[...document.querySelectorAll(".th")].some((th) => th.textContent.includes("RTT")),
	);
	await elsewhere.close();
}

export async function timeChecks() {
	const context = await profile();
	await check("a range says what it can show", () => says(context));
	await check("a paused moment can be shared", () => shared(context));
	await check("the address of an ended flow says when it went", () => gone(context));
	await check("columns go along in the address", () => columns(context));
	await context.close();
}
