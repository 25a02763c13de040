// SPDX-License-Identifier: BSD-2-Clause
// Builds the page: types of the API, the world's outlines, what
// the judge was measured to be worth, type check, bundle in parts, each with the
// texts that it says, content-hashed names, gzip twins, the list of assets that the C half embeds,
// and the size budget of a first visit.
// Usage: node build.mjs [OUTDIR] [OPENAPI] [--no-check]
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import esbuild from "esbuild";
import { writeMeasured } from "./measured.mjs";
import { writeTypes } from "./types.mjs";
import { writeWorld } from "./world.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const [outdir = join(here, "../build/web"), openapi = join(here, "../build/openapi.json")] =
	process.argv.slice(2).filter((arg) => !arg.startsWith("-"));
const out = resolve(outdir);
const BUDGET = 120 * 1024; // gzip bytes of all that a first visit loads

const TYPES = {
	".js": "text/javascript; charset=utf-8",
	".css": "text/css; charset=utf-8",
	".html": "text/html; charset=utf-8",
	".svg": "image/svg+xml",
};

writeTypes(openapi, join(here, "src/api/schema.ts"));
writeWorld(join(here, "src/pages/map/world.ts"));
writeMeasured(join(here, "../docs/judge.md"), join(here, "src/pages/judge/measured.ts"));
if (!process.argv.includes("--no-check"))
	execFileSync(process.execPath, [join(here, "node_modules/typescript/bin/tsc"), "-p", here], {
		stdio: "inherit",
	});

const common = {
	absWorkingDir: here,
	bundle: true,
	write: false,
	minify: true,
	format: "esm",
	target: "es2022",
	jsx: "automatic",
	jsxImportSource: "preact",
	legalComments: "none",
	charset: "utf8",
	logLevel: "warning",
};

/** The English texts by key. */
const englishFile = join(here, "src/words/en.ts");
const { code: english } = esbuild.transformSync(readFileSync(englishFile, "utf8"), {
	loader: "ts",
});
const { en } = await import(`data:text/javascript,${encodeURIComponent(english)}`);

/** The keys of texts, which are names for us only: numbers say the same in a third of their bytes. */
const keyNumbers = new Map(Object.keys(en).map((key, i) => [key, JSON.stringify(i.toString(36))]));
const KEYS = /"(\w+\.\w+)"/g;
/** What a first visit has of them (all, until it is known what that says), and the rest. */
const words = { first: `export const en = ${JSON.stringify(en)};`, later: "{}" };
const short = (text) => text.replace(KEYS, (whole, key) => keyNumbers.get(key) ?? whole);
const shortKeys = {
	name: "short-keys",
	setup: ({ onLoad }) =>
		onLoad({ filter: /web\/src\/.*\.tsx?$/ }, ({ path }) => ({
			contents: short(path === englishFile ? words.first : readFileSync(path, "utf8")),
			loader: path.endsWith("x") ? "tsx" : "ts",
		})),
};

const assets = []; // { path, text, cache, later: not part of a first visit }

/** One entry point with all that it takes: what is made, and what of it is not loaded later. */
async function make(entry, name, define) {
	const { outputFiles, metafile } = await esbuild.build({
		...common,
		entryPoints: { [name]: entry },
		outdir: "o",
		splitting: true,
		metafile: true,
		entryNames: "[name]-[hash]",
		chunkNames: "part-[hash]",
		define,
		plugins: [shortKeys],
	});
	const outputs = Object.fromEntries(
		Object.entries(metafile.outputs).map(([path, output]) => [basename(path), output]),
	);
	const first = new Set();
	const take = (path) => {
		if (first.has(path)) return;
		first.add(path);
		if (outputs[path]?.cssBundle) take(basename(outputs[path].cssBundle));
		for (const { path: other, kind } of outputs[path]?.imports ?? [])
			if (kind !== "dynamic-import") take(basename(other));
	};
	take(Object.keys(outputs).find((path) => outputs[path].entryPoint === entry));
	return { outputFiles, outputs, first };
}

/** The same as assets; their names. */
async function bundle(entry, name, define = {}) {
	const { outputFiles, first } = await make(entry, name, define);
	for (const { path, text } of outputFiles) {
		const later = !first.has(basename(path));
		// the first visit's style sheet has the styles of all parts
		if (!later || path.endsWith(".js"))
			assets.push({ path: basename(path), text, cache: "immutable", later });
	}
	const own = [...first].filter((path) => path.startsWith(`${name}-`));
	return {
		js: own.find((path) => path.endsWith(".js")),
		css: own.find((path) => path.endsWith(".css")),
		parts: [...first].filter((path) => path.startsWith("part-") && path.endsWith(".js")),
	};
}

/** Each file of src/words that is named by a tag, for who wants that language: its address by tag. */
async function languages() {
	const urls = {};
	for (const file of readdirSync(join(here, "src/words"))) {
		const tag = /^([a-z]{2,3})\.ts$/.exec(file)?.[1];
		if (!tag || tag === "en") continue;
		const from = assets.length;
		urls[tag] = `/${(await bundle(`src/words/${file}`, `words-${tag}`)).js}`;
		for (const asset of assets.slice(from)) asset.later = true;
	}
	return urls;
}

/** Texts that no source of a first visit says come with the parts that do. */
async function splitWords(entry, define) {
	const { outputs, first } = await make(entry, "app", define);
	const sources = [...first].flatMap((path) => Object.keys(outputs[path].inputs));
	const said = sources
		.filter((path) => /\.tsx?$/.test(path) && !path.startsWith("src/words/"))
		.map((path) => readFileSync(join(here, path), "utf8"))
		.join("\n");
	const texts = (ofFirst) =>
		JSON.stringify(
			Object.fromEntries(
				Object.entries(en).filter(([key]) => said.includes(`"${key}"`) === ofFirst),
			),
		);
	words.first = `export const en = ${texts(true)};`;
	words.later = short(texts(false));
}

const worker = await bundle("src/api/worker.ts", "live");
const languageUrls = JSON.stringify(await languages());
const defines = () => ({
	WORKER_URL: JSON.stringify(`/${worker.js}`),
	LANGUAGE_URLS: languageUrls,
	LATER_WORDS: words.later,
});
await splitWords("src/main.tsx", defines());
const app = await bundle("src/main.tsx", "app", defines());

const icon = readFileSync(join(here, "favicon.svg"), "utf8");
assets.push({ path: "favicon.svg", text: icon, cache: "no-cache" });
const html = readFileSync(join(here, "index.html"), "utf8")
	.replace("{{js}}", `/${app.js}`)
	.replace("{{css}}", `/${app.css}`)
	.replace(
		"{{parts}}",
		app.parts.map((path) => `<link rel="modulepreload" href="/${path}">`).join("\n"),
	);
assets.push({ path: "index.html", text: html, cache: "no-cache" });
/* who may not read yet is not told to ask: the browser would log a refusal for each */
const stranger = html.replace(/^(<!-- what .*-->|<link rel="preload" as="fetch" .*>)\n/gm, "");
assets.push({ path: "stranger.html", text: stranger, cache: "no-cache", later: true });
/* a hub has no now to sum up */
const ofHub = html
	.replace(/^<link .* href="\/api\/v1\/summary".*>\n/gm, "")
	.replace("<html ", "<html data-hub ");
assets.push({ path: "hub.html", text: ofHub, cache: "no-cache", later: true });

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
let [total, later] = [0, 0];
let list = "";
for (const asset of assets) {
	const ext = asset.path.slice(asset.path.lastIndexOf("."));
	const file = join(out, asset.path);
	writeFileSync(file, asset.text);
	execFileSync("zopfli", [file]); // a twentieth smaller than gzip -9, for every browser
	const zipped = statSync(`${file}.gz`).size;
	list += `${asset.path}\t${TYPES[ext]}\t${asset.cache}\n`;
	if (asset.later) later += zipped;
	else total += zipped;
}
writeFileSync(join(out, "assets.list"), list);
console.log(
	`web: ${assets.length} assets, ${(total / 1024).toFixed(1)} KB gzip of ${BUDGET / 1024} KB, ${(later / 1024).toFixed(1)} KB later`,
);
if (total > BUDGET) {
	console.error("web: over the budget");
	process.exit(1);
}
