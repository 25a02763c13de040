// SPDX-License-Identifier: BSD-2-Clause
// Builds the page: types of the API, the world's outlines, type check, bundle in parts,
// content-hashed names, gzip twins, the list of assets that the C half embeds, and the size budget
// of a first visit.
// Usage: node build.mjs [OUTDIR] [OPENAPI] [--no-check]
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import esbuild from "esbuild";
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

/** The keys of texts, which are names for us only: numbers say the same in a third of their bytes. */
const keyNumbers = new Map(
	[...readFileSync(join(here, "src/words/en.ts"), "utf8").matchAll(/^\t"(\w+\.\w+)":/gm)].map(
		([, key], i) => [key, JSON.stringify(i.toString(36))],
	),
);
const shortKeys = {
	name: "short-keys",
	setup: ({ onLoad }) =>
		onLoad({ filter: /web\/src\/.*\.tsx?$/ }, ({ path }) => ({
			contents: readFileSync(path, "utf8").replace(
				/"(\w+\.\w+)"/g,
				(whole, key) => keyNumbers.get(key) ?? whole,
			),
			loader: path.endsWith("x") ? "tsx" : "ts",
		})),
};

const assets = []; // { path, text, cache, later: not part of a first visit }

/** One entry point with all that it takes, parts that are loaded later apart; its outputs by name. */
async function bundle(entry, name, define = {}) {
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

const worker = await bundle("src/api/worker.ts", "live");
const app = await bundle("src/main.tsx", "app", {
	WORKER_URL: JSON.stringify(`/${worker.js}`),
	LANGUAGE_URLS: JSON.stringify(await languages()),
});

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

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
let [total, later] = [0, 0];
let list = "";
for (const asset of assets) {
	const ext = asset.path.slice(asset.path.lastIndexOf("."));
	const zipped = gzipSync(asset.text, { level: 9 });
	zipped[9] = 255; // the gzip header's "operating system": the same bytes from every machine
	writeFileSync(join(out, asset.path), asset.text);
	writeFileSync(join(out, `${asset.path}.gz`), zipped);
	list += `${asset.path}\t${TYPES[ext]}\t${asset.cache}\n`;
	if (asset.later) later += zipped.length;
	else total += zipped.length;
}
writeFileSync(join(out, "assets.list"), list);
console.log(
	`web: ${assets.length} assets, ${(total / 1024).toFixed(1)} KB gzip of ${BUDGET / 1024} KB, ${(later / 1024).toFixed(1)} KB later`,
);
if (total > BUDGET) {
	console.error("web: over the budget");
	process.exit(1);
}
