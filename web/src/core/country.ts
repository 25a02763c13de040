// SPDX-License-Identifier: BSD-2-Clause
// Countries by their ISO 3166-1 code: names in the page's language, flags as text.

import { spoken } from "../words/chosen";

const names = new Intl.DisplayNames(spoken.tag, { type: "region" });
const isCode = (code: string) => /^[A-Z]{2}$/.test(code);

export const countryName = (code: string): string =>
	(isCode(code) ? names.of(code) : undefined) ?? code;

const PAIR = "\u{1f1e9}\u{1f1ea}";
let drawn: boolean | null = null;

/** Fonts without flags have letters or boxes instead: two of them are twice as wide as one. */
function drawsFlags(): boolean {
	const pen = document.createElement("canvas").getContext("2d");
	const width = (text: string) => pen?.measureText(text).width ?? 0;
	return width(PAIR) < 1.5 * width(PAIR.slice(0, PAIR.length / 2));
}

const TO_FLAG = 0x1f1e6 - "A".charCodeAt(0);

/** Two letters that fonts draw as a flag. */
export const flagOf = (code: string): string =>
	isCode(code)
		? String.fromCodePoint(...[...code].map((letter) => letter.charCodeAt(0) + TO_FLAG))
		: "";

/** The same for the eye: "" where it would be no flag. */
export const flagShown = (code: string): string => ((drawn ??= drawsFlags()) ? flagOf(code) : "");
