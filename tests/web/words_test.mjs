// SPDX-License-Identifier: BSD-2-Clause
// The catalogues: whole in each language, with the same holes, used, and the only place of texts.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { bundled, load } from "./load.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const src = join(root, "web/src");
const { en } = await load("words/en.ts");
const tags = readdirSync(join(src, "words"))
	.map((file) => /^([a-z]{2,3})\.ts$/.exec(file)?.[1])
	.filter((tag) => tag && tag !== "en");
const languages = Object.fromEntries(
	await Promise.all(tags.map(async (tag) => [tag, (await load(`words/${tag}.ts`)).language])),
);

const sources = readdirSync(src, { recursive: true })
	.filter((path) => /\.tsx?$/.test(path) && !/^words\/|schema\.ts$|\.d\.ts$/.test(path))
	.map((path) => [path, readFileSync(join(src, path), "utf8")]);

const holes = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
const forms = (text) => (typeof text === "string" ? [text] : Object.values(text));

test("there are English, Indonesian, German, Spanish and French", () => {
	assert.deepEqual(tags.sort(), ["de", "es", "fr", "id"]);
});

for (const tag of tags)
	test(`${tag}: each text is there, with the holes of the English one`, () => {
		const { words } = languages[tag];
		assert.deepEqual(Object.keys(words), Object.keys(en));
		for (const [key, text] of Object.entries(words)) {
			const wanted = holes(forms(en[key]).at(-1));
			for (const form of forms(text)) {
				assert.ok(form.trim() || !forms(en[key]).at(-1).trim(), `${key} is empty`);
				assert.deepEqual(holes(form), wanted, `${key}: ${form}`);
			}
			assert.equal(typeof text, typeof en[key], key);
		}
	});

for (const tag of tags)
	test(`${tag}: texts with forms have those that the language needs`, () => {
		const rules = new Intl.PluralRules(tag);
		const needed = new Set([0, 1, 2, 3, 5, 11, 21, 100].map((n) => rules.select(n)));
		for (const [key, text] of Object.entries(languages[tag].words))
			if (typeof text !== "string")
				assert.deepEqual(Object.keys(text).sort(), [...needed].sort(), key);
	});

for (const tag of tags)
	test(`${tag}: each field and section of the server's table has a label`, () => {
		const defs = readFileSync(join(root, "user/flow/fields.def"), "utf8");
		const fields = [...defs.matchAll(/^(?:FIELD|LIST)\(\w+, "([^"]+)"/gm)].map(([, f]) => f);
		const head = readFileSync(join(root, "user/flow/fields.h"), "utf8");
		const sections = [...head.matchAll(/^\tX\([A-Z]+, "([^"]+)"\)/gm)].map(([, s]) => s);
		assert.ok(fields.length > 60 && sections.length > 5);
		const labels = languages[tag].fields;
		assert.deepEqual(
			[...fields, ...sections].filter((name) => !labels[name]),
			[],
		);
	});

for (const tag of tags)
	test(`${tag}: what the server's table says of fields, in its words of today`, () => {
		const defs = readFileSync(join(root, "user/flow/fields.def"), "utf8");
		const said = [
			...defs.matchAll(/^(?:FIELD|LIST)\((?:[^",]+|"[^"]*"|,)*?, [SFGDAPTR|]+, ("[^"]*")/gm),
		]
			.map(([, text]) => JSON.parse(text))
			.filter((text, i, all) => all.indexOf(text) === i);
		assert.ok(said.length > 60);
		assert.deepEqual(Object.keys(languages[tag].helps).sort(), said.sort());
	});

test("each text is used", () => {
	const all = sources.map(([, text]) => text).join("\n");
	assert.deepEqual(
		Object.keys(en).filter((key) => !all.includes(`"${key}"`)),
		[],
	);
});

test("a key is nothing else: no field of the server has its name", () => {
	const defs = readFileSync(join(root, "user/flow/fields.def"), "utf8");
	assert.deepEqual(
		Object.keys(en).filter((key) => defs.includes(`"${key}"`)),
		[],
	);
});

// What no language translates: commands, protocols, units, names of keys.
const SAME =
	/^(TCP|UDP|ICMP|ICMPV6|SCTP|NAT|IP|URL|JSON|TLS|SNI|QUIC|DNS|HTTP|ECH|DHCP|mDNS|flowbpf|(Alt|Shift) .*|[A-Z]|Enter|Space|Escape|bit\/s|B\/s|k M G|Ki Mi Gi|\d+ s)$/;
const CODE =
	/^(catch|else|return|as) ?\b|[<>]=|^[a-z_]+\.[a-z_.]+$|^(sudo )?flowbpf |^(bpftool|sysctl|ip) /;
const isWords = (text) => /\p{L}{2}/u.test(text) && !SAME.test(text.trim()) && !CODE.test(text);

/** Texts for people that stand in a source itself. */
function literal(source) {
	const code = source.replace(/\/\*[\s\S]*?\*\/|(?<=^|[\s;{])\/\/.*$/gm, "");
	const found = [];
	const without = code
		.replace(/<(code|kbd)\b[^>]*>[^<]*<\/\1>/g, "")
		.replace(/<option value="(info|warning|error)">\1<\/option>/g, ""); // levels of the log
	// between tags, and between one and what is filled in
	const text = '\\s*([^<>{}()=;:?&|`"]+?)\\s*';
	const tag = '<\\/?[a-zA-Z][^<>={}]*(?:="[^"]*"[^<>={}]*)*>';
	for (const [before, after] of [
		[tag, "<\\/?[a-zA-Z]|\\{"],
		["\\}", "<\\/[a-zA-Z>]"],
		["\\} ", " \\{"],
	])
		for (const [, one] of without.matchAll(new RegExp(`(?:${before})${text}(?=${after})`, "g")))
			found.push(one);
	const named =
		"title|label|aria-label|aria-valuetext|help|hint|placeholder|empty|alt|text|act|word|does|group|short";
	for (const [, , text] of without.matchAll(
		new RegExp(`[\\s,{](["']?)(?:${named})\\1(?:=|: )"([^"]+)"`, "g"),
	))
		found.push(text);
	// anywhere: a capital and another word, or a sentence around what is filled in
	for (const [, text] of without.matchAll(/"([A-Z][a-z]+[,:;]? [^"]*)"/g)) found.push(text);
	for (const [, text] of without.matchAll(/`([^`]*)`/g)) {
		const plain = text.replace(/\$\{[^}]*\}/g, "§");
		if (
			/(^|§ )[A-Z][a-z]+ (§|[a-z]+ )|§ [a-z]{3,} [a-z]{2,}/.test(plain) &&
			!/ --|curl|tcpdump|^host /.test(plain)
		)
			found.push(text);
	}
	return [...new Set(found)].filter(isWords);
}

test("no text stands in a component", () => {
	const found = sources.flatMap(([path, text]) => literal(text).map((one) => `${path}: ${one}`));
	assert.deepEqual(found, []);
});

for (const planted of [
	"<p>\n\t\tNothing here\n\t</p>",
	"<p>{count(n)} flows</p>",
	"<h1>Log</h1>",
	'<button aria-label="Close details" />',
	'<Panel title="Rates" />',
	'{ label: "Refresh", run }',
	'const NAME = "Show the rest";',
	"toast(`Deleted ${n} entries`)",
	"const say = (n) => `${n} names of the last minute`;",
])
	test(`such a text is found: ${planted.replace(/\s+/g, " ")}`, () =>
		assert.equal(literal(planted).length, 1, literal(planted).join(" | ")));

test("what is filled in is written as the language does, forms by how many", async () => {
	const { t, listed } = await load("words/t.ts");
	assert.equal(t("flows.nFlows", { n: 1 }), "1 flow");
	assert.equal(t("flows.nFlows", { n: 12345 }), "12,345 flows");
	assert.equal(listed("a", false, "b", "c"), "a, b, c");
});

test("a language is loaded when it is wanted, and what it says holds", async () => {
	globalThis.LANGUAGE_URLS = { de: await bundled("words/de.ts") };
	globalThis.localStorage = { getItem: () => "de" };
	globalThis.document = { documentElement: {} };
	const { t, rich, helpOf, labelOf } = await load("words/t.ts");
	assert.equal(document.documentElement.lang, "de");
	assert.equal(t("flows.nFlows", { n: 12345 }), "12.345 Flows");
	assert.deepEqual(rich("flows.typeToGoOn", { word: 7 }), ["Zum Fortfahren ", "7", " eingeben"]);
	assert.equal(labelOf("dst.ip", "Destination"), "Ziel");
	assert.equal(helpOf("its code"), "sein Code");
	assert.equal(helpOf("what is new"), "what is new");
	assert.equal(labelOf("new.field", "New"), "New");
	const fmt = await load("core/format.ts");
	assert.equal(fmt.bytes(1.24e6), "1,24 MB");
	assert.equal(fmt.count(1234567), "1.234.567");
	for (const name of ["LANGUAGE_URLS", "localStorage", "document"]) delete globalThis[name];
});

test("the browser's first language that there is", async () => {
	const { bestOf } = await load("words/chosen.ts");
	assert.equal(bestOf(["de-AT", "en"], ["en", "de"]), "de");
	assert.equal(bestOf(["ja", "fr-CA", "en"], ["en", "de", "fr"]), "fr");
	assert.equal(bestOf(["ja"], ["en", "de"]), "en");
});
