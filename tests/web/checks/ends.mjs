// SPDX-License-Identifier: BSD-2-Clause
// Connections are ended from the page: asked first, with what is left alone, and really, for both ends.
import { api, check, ok, open, profile, until } from "../browser.mjs";

const posts = (page) => {
	const sent = [];
	page.on("request", (request) => {
		if (request.method() === "POST") sent.push(new URL(request.url()).pathname);
	});
	return sent;
};

/** Not one that the lab's servers hold open for others' checks: of a client that comes again. */
async function one(context) {
	const flow = (await api("flows?filter=proto=tcp+and+dst.port=443&live=live&limit=1")).items[0];
	ok(flow, "no TLS connection");
	const { page } = await open(context, `/flows/${flow.id}`);
	const sent = posts(page);
	await page.getByRole("button", { name: /End connection/ }).click();
	const dialog = page.getByRole("dialog");
	await dialog.getByLabel("Why (for the record)").fill("seen enough".padEnd(300, "ä"));
	const why = await dialog.getByLabel("Why (for the record)").inputValue();
	ok(new TextEncoder().encode(why).length <= 200, `a reason of ${why.length} letters`);
	await dialog.getByRole("button", { name: "Cancel" }).click();
	ok(sent.length === 0, `cancel sent ${sent}`);
	await page.getByRole("button", { name: /End connection/ }).click();
	await dialog.getByRole("button", { name: "End connection" }).click();
	await until(page, "the outcome", () => document.querySelector(".toast"));
	ok(sent.length === 1 && sent[0].endsWith(`${flow.id}/kill`), `sent ${sent}`);
	const told = await page.locator(".toast").first().textContent();
	ok(/^(Ended|Not ended: the flow has ended|.* is silent)/.test(told), told);
	await page.close();
	return told;
}

async function many(context) {
	const { src } = (await api("flows?filter=dst.port=443&limit=1&sort=-last_seen")).items[0];
	const filter = `src.ip=${src.ip} and src.port=${src.port}`;
	const { page } = await open(context, `/flows?q=${encodeURIComponent(filter)}`);
	const sent = posts(page);
	await page.getByRole("button", { name: "Export and more" }).click();
	await page.getByRole("menuitem", { name: /End what matches/ }).click();
	const dialog = page.getByRole("dialog");
	await until(page, "the count", () =>
		/flows, [\d,]+ to be ended/.test(document.querySelector("dialog[open]")?.textContent),
	);
	const { matched, entries, left_out } = await page.evaluate(
		async (body) =>
			(
				await fetch("/api/v1/acts/preview", {
					method: "POST",
					headers: { "X-Flowbpf-CSRF": "1", "Content-Type": "application/json" },
					body,
				})
			).json(),
		JSON.stringify({ verb: "kill", filter }),
	);
	ok(
		matched - entries === left_out.reduce((sum, out) => sum + out.flows, 0),
		"what is left alone does not add up",
	);
	await page.keyboard.press("Escape");
	ok((await dialog.count()) === 0, "Escape does not close it");
	ok(
		sent.every((path) => path.endsWith("/acts/preview")),
		`looking sent ${sent}`,
	);
	await page.close();
}

export async function endChecks() {
	const context = await profile();
	await check("ends: one connection, from its flow", () => one(context));
	await check("ends: many are shown first", () => many(context));
	await context.close();
}
