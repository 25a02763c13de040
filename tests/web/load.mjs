// SPDX-License-Identifier: BSD-2-Clause
// Bundles one of the page's pure modules so that node can test it: any Node from 18 on.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { dirname, join } from "node:path";

const web = join(dirname(fileURLToPath(import.meta.url)), "../../web");
let count = 0;
const esbuild = createRequire(join(web, "package.json"))("esbuild");

/** Its address, to import it from. Each has another: modules keep what they were loaded with. */
export async function bundled(module) {
	const built = await esbuild.build({
		entryPoints: [join(web, "src", module)],
		bundle: true,
		write: false,
		format: "esm",
		target: "es2022",
	});
	const text = `${built.outputFiles[0].text}\n// ${count++}`;
	return `data:text/javascript;base64,${Buffer.from(text).toString("base64")}`;
}

export const load = async (module) => import(await bundled(module));
