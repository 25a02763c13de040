// SPDX-License-Identifier: BSD-2-Clause
// What the judge was measured to be worth, for its page: the tables of docs/judge.md.
import { readFileSync, writeFileSync } from "node:fs";

const HEAD = `// SPDX-License-Identifier: BSD-2-Clause
// Made by measured.mjs of docs/judge.md: not to be edited.
`;
const cells = (line) =>
	line
		.split("|")
		.slice(1, -1)
		.map((cell) => cell.trim());

/** The first table below that heading, its head first. */
function table(text, heading) {
	const below = text.split(`\n### ${heading}\n`)[1]?.split("\n") ?? [];
	const from = below.findIndex((line) => line.startsWith("|"));
	if (from < 0) throw new Error(`docs/judge.md has no table "${heading}"`);
	const rows = below.slice(from);
	const end = rows.findIndex((line) => !line.startsWith("|"));
	const [head, , ...body] = rows.slice(0, end < 0 ? undefined : end).map(cells);
	return { head, rows: body };
}

export function writeMeasured(from, to) {
	const text = readFileSync(from, "utf8");
	const tables = {
		beside: table(text, "Beside others"),
		kinds: table(text, "Each kind of reason"),
	};
	writeFileSync(to, `${HEAD}export const measured = ${JSON.stringify(tables)};\n`);
}
