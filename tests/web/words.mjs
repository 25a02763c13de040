// SPDX-License-Identifier: BSD-2-Clause
// The page's English texts by key, for checks that find things by their names: a text may be put
// better without a check that fails.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./browser.mjs";

const file = readFileSync(join(root, "web/src/words/en.ts"), "utf8");
const texts = new Map(
	[...file.matchAll(/^\t"([\w.]+)":\s+("(?:[^"\\]|\\.)*"),/gm)].map(([, key, text]) => [
		key,
		JSON.parse(text),
	]),
);

/** A text, with what stands in its holes. */
export function word(key, holes = {}) {
	const text = texts.get(key);
	if (text === undefined) throw new Error(`no text has the key ${key}`);
	return text.replace(/\{(\w+)\}/g, (_, name) => holes[name] ?? "");
}
