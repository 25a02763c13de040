// SPDX-License-Identifier: BSD-2-Clause
// The README's pictures: Flows in light, Overview in dark, once there are some minutes to show.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { api, check, open, profile, root, ticks, until } from "../browser.mjs";

const shots = process.env.FLOWBPF_OUT || join(root, "build/shots");
const MINUTES = 3;

async function picture(name, path, colorScheme, ready, seconds) {
	const context = await profile({ colorScheme });
	const { page } = await open(context, path);
	await until(page, ready, (what) => document.querySelector(what), ready, 20000);
	await ticks(seconds, 60000);
	await page.screenshot({ path: join(shots, `${name}-${colorScheme}.png`) });
	await context.close();
}

export async function pictureChecks() {
	mkdirSync(shots, { recursive: true });
	while ((await api("health")).uptime_s < MINUTES * 60)
		await new Promise((go) => setTimeout(go, 2000));
	await check("Flows in light", () => picture("flows", "/flows", "light", ".tr.flow", 4));
	await check("Overview in dark", () =>
		picture("overview", "/", "dark", ".talkers tbody tr", 60),
	);
}
