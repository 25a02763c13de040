// SPDX-License-Identifier: BSD-2-Clause
// The README's pictures: Flows in light, Overview in dark, once there are some minutes to show, and
// what was: two stretches compared, hours of the week, a flow that ended, and the strip of time.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { api, check, open, profile, root, ticks, until } from "../browser.mjs";

const shots = process.env.FLOWBPF_OUT || join(root, "build/shots");
const MINUTES = 3;

async function picture(name, path, colorScheme, ready, seconds, part) {
	const context = await profile({ colorScheme });
	const { page } = await open(context, path);
	await until(page, ready, (what) => document.querySelector(what), ready, 20000);
	await ticks(seconds, 60000);
	const shown = part ? page.locator(part) : page;
	if (!part) await page.locator(ready).first().scrollIntoViewIfNeeded();
	await shown.screenshot({ path: join(shots, `${name}-${colorScheme}.png`) });
	await context.close();
}

/** The two minutes before the last whole one, in seconds since 1970. */
function lastMinutes() {
	const end = Math.floor(Date.now() / 60000) * 60;
	return `at=${end - 120}-${end}`;
}

async function endedFlow() {
	const term = encodeURIComponent("proto=tcp and dst.host~. and first_seen>=-4m");
	const { items } = await api(
		`flows?source=history&since=-1h&live=closed&limit=1&sort=-bytes&filter=${term}`,
	);
	const { id, closed } = items[0];
	return `/flows/${id}?range=1h&ended=${encodeURIComponent(closed.at)}`;
}

async function ofThePast() {
	const rows = ".a-most tbody tr a";
	await check("History compared, in light", () =>
		picture("history", `/history?${lastMinutes()}&by=name&most=change`, "light", rows, 2),
	);
	await check("The hours of the week in light", () =>
		picture("heat", "/history?range=7d", "light", '.heat td[class^="shade"]', 2, ".heat"),
	);
	const address = await endedFlow();
	await check("A flow that ended, at its address", () =>
		picture("permalink", address, "light", ".drawer .facts", 2),
	);
	await check("The strip of time in dark", () =>
		picture("strip", `/flows?range=15m&${lastMinutes()}`, "dark", ".time-box path", 2),
	);
}

export async function pictureChecks() {
	mkdirSync(shots, { recursive: true });
	while ((await api("health")).uptime_s < MINUTES * 60)
		await new Promise((go) => setTimeout(go, 2000));
	await check("Flows in light", () => picture("flows", "/flows", "light", ".tr.flow", 4));
	await check("Overview in dark", () =>
		picture("overview", "/", "dark", ".talkers tbody tr", 60),
	);
	await ofThePast();
}
