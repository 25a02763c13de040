// SPDX-License-Identifier: BSD-2-Clause
// The README's moving picture: flows as they come, a filter typed, one flow opened, what its menu
// offers. Frames, and how long each stands as img2webp takes it.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { check, open, profile, root, ticks, until } from "../browser.mjs";
import { word } from "../words.mjs";

const shots = join(process.env.FLOWBPF_OUT || join(root, "build/shots"), "motion");
const FILTER = "dst.host ~ netflix";

/** Takes frames of a page, and says how they are shown. */
function camera(page) {
	const shown = [];
	const frame = async (ms) => {
		const path = join(shots, `${String(shown.length).padStart(3, "0")}.png`);
		await page.screenshot({ path });
		shown.push(`-d ${ms} ${path}`);
	};
	return { shown, frame };
}

async function film() {
	const context = await profile({
		colorScheme: "dark",
		viewport: { width: 1200, height: 720 },
	});
	const { page } = await open(context, "/flows");
	const { shown, frame } = camera(page);
	const rows = page.locator(".tr.flow");
	await rows.first().waitFor();
	for (let i = 0; i < 4; i++) {
		await ticks(1);
		await frame(900);
	}
	await page.keyboard.press("/");
	for (const letter of FILTER) {
		await page.keyboard.type(letter);
		await frame(110);
	}
	await page.keyboard.press("Enter");
	await until(page, "the filter", () => location.search.includes("netflix"));
	for (let i = 0; i < 2; i++) {
		await ticks(1);
		await frame(900);
	}
	await rows.first().click();
	await page.locator(".drawer-ends").waitFor();
	await ticks(2);
	await frame(2200);
	await page.keyboard.press("Escape");
	await page.locator(".drawer-ends").waitFor({ state: "detached" });
	await rows.first().click({ button: "right" });
	await page.getByRole("menuitem", { name: word("acts.block") }).hover();
	await frame(1800);
	await page.keyboard.press("Escape");
	await page.goto(new URL("/", page.url()).href);
	await page.locator(".talkers tbody tr").first().waitFor();
	for (let i = 0; i < 3; i++) {
		await ticks(1);
		await frame(1100);
	}
	writeFileSync(join(shots, "frames"), `${shown.join("\n")}\n`);
	await context.close();
	return `${shown.length} frames`;
}

export async function motionChecks() {
	mkdirSync(shots, { recursive: true });
	await check("the page in motion", film);
}
