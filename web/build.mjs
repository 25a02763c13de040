// SPDX-License-Identifier: BSD-2-Clause
// Builds the page: types of the API, type check, bundle, content-hashed names, gzip twins, the list
// of assets that the C half embeds, and the size budget.
// Usage: node build.mjs [OUTDIR] [OPENAPI] [--no-check]
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import esbuild from "esbuild";
import { writeTypes } from "./types.mjs";

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

const hashed = (stem, ext, text) =>
	`${stem}-${createHash("sha256").update(text).digest("hex").slice(0, 10)}${ext}`;

/** One entry point to one text per kind of output. */
async function bundle(entry, define = {}) {
	const built = await esbuild.build({ ...common, entryPoints: [entry], outdir: "o", define });
	return Object.fromEntries(
		built.outputFiles.map((f) => [f.path.slice(f.path.lastIndexOf(".")), f.text]),
	);
}

const assets = []; // { path, text, cache }
const worker = (await bundle("src/api/worker.ts"))[".js"];
const workerName = hashed("live", ".js", worker);
assets.push({ path: workerName, text: worker, cache: "immutable" });

const app = await bundle("src/main.tsx", { WORKER_URL: JSON.stringify(`/${workerName}`) });
const names = {};
for (const ext of [".js", ".css"]) {
	names[ext] = hashed("app", ext, app[ext]);
	assets.push({ path: names[ext], text: app[ext], cache: "immutable" });
}

const icon = readFileSync(join(here, "favicon.svg"), "utf8");
assets.push({ path: "favicon.svg", text: icon, cache: "no-cache" });
const html = readFileSync(join(here, "index.html"), "utf8")
	.replace("{{js}}", `/${names[".js"]}`)
	.replace("{{css}}", `/${names[".css"]}`);
assets.push({ path: "index.html", text: html, cache: "no-cache" });

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
let total = 0;
let list = "";
for (const asset of assets) {
	const ext = asset.path.slice(asset.path.lastIndexOf("."));
	const zipped = gzipSync(asset.text, { level: 9 });
	zipped[9] = 255; // the gzip header's "operating system": the same bytes from every machine
	writeFileSync(join(out, asset.path), asset.text);
	writeFileSync(join(out, `${asset.path}.gz`), zipped);
	list += `${asset.path}\t${TYPES[ext]}\t${asset.cache}\n`;
	total += zipped.length;
}
writeFileSync(join(out, "assets.list"), list);
console.log(
	`web: ${assets.length} assets, ${(total / 1024).toFixed(1)} KB gzip of ${BUDGET / 1024} KB`,
);
if (total > BUDGET) {
	console.error("web: over the budget");
	process.exit(1);
}
