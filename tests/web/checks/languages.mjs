// SPDX-License-Identifier: BSD-2-Clause
// The page in each of its languages: nothing left in English, nothing cut, one that is chosen stays.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { abreast, api, check, ok, open, profile, still, until } from "../browser.mjs";
import { load } from "../load.mjs";
import { giveCountries } from "./map.mjs";
import { audit, fits, NO_COLOURS, pagesToSee, shots } from "./pages.mjs";

const LOCALES = { de: "de-AT", es: "es-MX", fr: "fr-CA", id: "id-ID" };
const PHONE = { width: 360, height: 780 };
const { en } = await load("words/en.ts");

const forms = (text) => (typeof text === "string" ? [text] : Object.values(text));
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Of a text with holes enough must be left that it is no other's. */
const telling = (text) =>
	text.includes("{") ? text.replace(/\{\w+\}|\W/g, "").length > 12 : /[a-z]{3}/i.test(text);

/** What would be English in a language: patterns of whole texts that it says otherwise. */
async function englishOf(tag) {
	const { words, fields, helps } = (await load(`words/${tag}.ts`)).language;
	const texts = Object.keys(en)
		.filter((key) => forms(en[key]).at(-1) !== forms(words[key]).at(-1))
		.flatMap((key) => forms(en[key]));
	const served = (await api("fields")).items.flatMap(({ name, label, help }) => [
		...(fields[name] === label ? [] : [label]),
		...(helps[help] === help ? [] : [help]),
	]);
	const own = new Set(
		[words, fields, helps].flatMap((texts) => Object.values(texts).flatMap(forms)),
	);
	return [...new Set([...texts, ...served])]
		.filter((text) => !own.has(text) && telling(text))
		.map((text) => `^${escaped(text).replace(/\\\{\w+\\\}/g, ".+")}$`);
}

/** Texts of the page, its titles and labels that are one of these. */
const left = (patterns) => {
	const all = patterns.map((one) => new RegExp(one));
	const found = new Set();
	const look = (text) => {
		const plain = text?.trim();
		if (plain && all.some((one) => one.test(plain))) found.add(plain);
	};
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walk.nextNode())
		if (!walk.currentNode.parentElement.closest("script, noscript, code, kbd, bdi, .mono"))
			look(walk.currentNode.data);
	for (const node of document.querySelectorAll("[title], [aria-label], [placeholder]"))
		for (const name of ["title", "aria-label", "placeholder"]) look(node.getAttribute(name));
	look(document.title.split(" · ")[0]);
	return [...found];
};

async function spoken(context, tag, english, [path, ready]) {
	const { page, seen } = await open(context, path);
	await until(page, `figures (${ready})`, (what) => document.querySelector(what), ready);
	ok((await page.evaluate(() => document.documentElement.lang)) === tag, "another language");
	await still(page);
	const found = await page.evaluate(left, english);
	ok(!found.length, `left in English: ${found.join(" | ")}`);
	const wrong = await audit(page, NO_COLOURS);
	ok(!wrong.length, wrong.join("\n# "));
	for (const size of [null, PHONE]) {
		if (size) await page.setViewportSize(size);
		await still(page);
		await fits(page);
	}
	ok(!seen.errors.length, seen.errors.join("; "));
	await page.close();
}

async function chosen() {
	const context = await profile({ locale: "en-GB" });
	const { page } = await open(context, "/settings");
	const inLanguage = (tag) =>
		until(page, tag, (wanted) => document.documentElement.lang === wanted, tag);
	await page.getByLabel("Language").selectOption("id");
	await inLanguage("id");
	await page.getByRole("heading", { name: "Pengaturan dan tentang" }).waitFor();
	await page.goto("about:blank");
	await page.goBack();
	await inLanguage("id");
	await page.getByLabel("Bahasa").selectOption("");
	await inLanguage("en");
	await context.close();
}

export async function languageChecks() {
	const placed = await giveCountries();
	const { mac } = (await api("devices")).items.find((one) => one.bytes.up);
	const views = [
		["/", ".talkers tbody tr"],
		["/flows", ".tr.flow"],
		["/map", placed ? ".world a" : ".notice"],
		["/processes", "table.data tbody tr"],
		["/processes?view=listening", "table.data tbody tr"],
		[`/devices?open=${mac}`, ".device-parts .names a"],
		["/quality?by=dst.ip", "table.data tbody tr"],
		["/interfaces?open=lan", ".device-parts .facts"],
	];
	await abreast(
		3,
		Object.entries(LOCALES).map(([tag, locale]) => async () => {
			const context = await profile({ locale });
			const english = await englishOf(tag);
			for (const view of views)
				await check(`${view[0]} in ${tag}: no English, axe, width`, () =>
					spoken(context, tag, english, view),
				);
			await context.close();
		}),
	);
	await check("a language can be chosen, and is kept", chosen);
}

/** Asked for by name: every page in every language, wide and on a phone, to be looked at. */
export async function wordPictures() {
	mkdirSync(shots, { recursive: true });
	for (const [tag, locale] of Object.entries(LOCALES))
		for (const [size, viewport] of [
			["wide", { width: 1440, height: 900 }],
			["phone", PHONE],
		]) {
			const phone = size === "phone";
			const context = await profile({ locale, viewport, isMobile: phone, hasTouch: phone });
			const english = await englishOf(tag);
			await abreast(
				3,
				(await pagesToSee()).map(
					([name, path, ready]) =>
						() =>
							check(`${name} in ${tag}, ${size}`, async () => {
								const { page } = await open(context, path);
								await until(
									page,
									ready,
									(what) => document.querySelector(what),
									ready,
								);
								await still(page);
								await page.screenshot({
									path: join(shots, `${tag}-${name}-${size}.png`),
								});
								await fits(page);
								const found = await page.evaluate(left, english);
								ok(!found.length, `left in English: ${found.join(" | ")}`);
								await page.close();
							}),
				),
			);
			await context.close();
		}
}
