// SPDX-License-Identifier: BSD-2-Clause
// A page at every width, in light and dark: nothing sticks out, axe finds nothing, and its picture.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { check, ok, open, profile, still } from "../browser.mjs";
import { audit, COLOURS, fits, shots } from "./pages.mjs";

/** `heights` by width; `path` may be a function that finds it; `shown` waits until the page has what it is about. `forgiven`: errors that are none. */
export async function atWidths(name, path, heights, shown, forgiven = /$^/) {
	mkdirSync(shots, { recursive: true });
	for (const [width, height] of Object.entries(heights)) {
		const viewport = { width: Number(width), height };
		const context = await profile({ viewport, colorScheme: "light" });
		const { page, seen } = await open(
			context,
			typeof path === "function" ? await path() : path,
		);
		for (const colorScheme of ["light", "dark"])
			await check(
				`${name} ${width} wide in ${colorScheme}: axe, width, picture`,
				async () => {
					await page.emulateMedia({ colorScheme });
					await shown(page);
					await still(page);
					await page.screenshot({
						path: join(shots, `${name}-${width}-${colorScheme}.png`),
						fullPage: true,
					});
					await fits(page);
					const wrong = await audit(page, colorScheme === "dark" ? COLOURS : undefined);
					ok(!wrong.length, wrong.join("\n# "));
					const errors = seen.errors.filter((error) => !forgiven.test(error));
					ok(!errors.length, errors.join("; "));
				},
			);
		await context.close();
	}
}
