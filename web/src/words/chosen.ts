// SPDX-License-Identifier: BSD-2-Clause
// In which language the page speaks: the one chosen, else the first of the browser's that there is.
// English comes with the page, each other is loaded when it is wanted: who takes a text from t.ts
// waits for it, so that tables of texts are made once. A change loads the page anew, as in Grafana:
// its state is in the address, and no component has to follow the language.

import { en } from "./en";

/** Forms of a text by how many its {n} is; what is not said is "other". */
export type Forms = { other: string } & Partial<Record<Intl.LDMLPluralRule, string>>;
export type English = typeof en;
export type Key = keyof English;

/**
 * A language: one file beside this one, which the build finds. Field names of the filter language,
 * protocols, states and what the API answers are what people type, grep and find in documents: they
 * are the same in each language. So are the API's sentences of errors.
 */
export interface Language {
	words: { [K in Key]: English[K] extends string ? string : Forms };
	/** labels of the server's table of fields, by the field's name, and of its sections */
	fields: Record<string, string>;
	/** what the server's table says of fields, by the English: a text that changes there is missed here */
	helps: Record<string, string>;
}

/** The addresses of the other languages' files, by tag; made by build.mjs. */
declare const LANGUAGE_URLS: Record<string, string>;

const urls = typeof LANGUAGE_URLS === "undefined" ? {} : LANGUAGE_URLS;
const KEY = "flowbpf.language";

const nameOf = (tag: string): string => {
	const name = new Intl.DisplayNames(tag, { type: "language" }).of(tag) ?? tag;
	return name.charAt(0).toLocaleUpperCase(tag) + name.slice(1);
};

/** Tags with their names for themselves. */
export const LANGUAGES: [tag: string, name: string][] = ["en", ...Object.keys(urls)]
	.sort()
	.map((tag) => [tag, nameOf(tag)]);

function stored(): string {
	try {
		return localStorage.getItem(KEY) ?? "";
	} catch {
		return "";
	}
}

/** Of this browser; "": as the browser has it. */
export const chosenLanguage = stored();

export function chooseLanguage(tag: string): void {
	try {
		if (tag) localStorage.setItem(KEY, tag);
		else localStorage.removeItem(KEY);
	} catch {
		// private windows may refuse
	}
	location.reload();
}

/** "de-AT" is spoken to in "de". */
export function bestOf(wanted: readonly string[], there: string[]): string {
	for (const tag of wanted) {
		const plain = tag.toLowerCase().split("-")[0]!;
		if (there.includes(plain)) return plain;
	}
	return "en";
}

async function load(): Promise<Language & { tag: string }> {
	const there = LANGUAGES.map(([tag]) => tag);
	const tag = bestOf(chosenLanguage ? [chosenLanguage] : navigator.languages, there);
	const { language } = (await import(urls[tag]!)) as { language: Language };
	document.documentElement.lang = tag;
	return { ...language, tag };
}

/** What cannot be loaded is English. */
export const spoken: Language & { tag: string } = await load().catch(() => ({
	words: en,
	fields: {},
	helps: {},
	tag: "en",
}));
