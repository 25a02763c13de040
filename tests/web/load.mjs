// SPDX-License-Identifier: BSD-2-Clause
// Bundles one of the page's pure modules so that node can test it: any Node from 18 on.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { dirname, join } from "node:path";

const web = join(dirname(fileURLToPath(import.meta.url)), "../../web");
const esbuild = createRequire(join(web, "package.json"))("esbuild");

export async function load(module) {
	const built = await esbuild.build({
		entryPoints: [join(web, "src", module)],
		bundle: true,
		write: false,
		format: "esm",
		target: "es2022",
	});
	return import(
		`data:text/javascript;base64,${Buffer.from(built.outputFiles[0].text).toString("base64")}`
	);
}
