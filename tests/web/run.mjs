// SPDX-License-Identifier: BSD-2-Clause
// Checks of the page in a real browser against a running daemon: FLOWBPF_URL=http://… node run.mjs
// [streams|typing|stale|flows|table|times|tasks|fields|overview|hostile|pages|languages|budget|field|login|pictures|words ...]. With FLOWBPF_ACTS=1 it also deletes a conntrack entry.
import { base, failures, start, stop } from "./browser.mjs";
import { budgetChecks } from "./checks/budget.mjs";
import { fieldChecks, namedFieldChecks } from "./checks/fields.mjs";
import { flowChecks } from "./checks/flows.mjs";
import { hostileChecks } from "./checks/hostile.mjs";
import { languageChecks, wordPictures } from "./checks/languages.mjs";
import { overviewChecks } from "./checks/overview.mjs";
import { loginChecks, pageChecks } from "./checks/pages.mjs";
import { pictureChecks } from "./checks/pictures.mjs";
import { staleChecks } from "./checks/stale.mjs";
import { streamChecks } from "./checks/streams.mjs";
import { tableChecks } from "./checks/table.mjs";
import { taskChecks } from "./checks/tasks.mjs";
import { timeChecks } from "./checks/times.mjs";
import { typingChecks } from "./checks/typing.mjs";

/** Streams first: they are counted, and those of closed pages take seconds to be noticed. */
const SETS = {
	streams: streamChecks,
	typing: typingChecks,
	stale: staleChecks,
	flows: flowChecks,
	table: tableChecks,
	times: timeChecks,
	tasks: taskChecks,
	fields: fieldChecks,
	overview: overviewChecks,
	hostile: hostileChecks,
	pages: pageChecks,
	languages: languageChecks,
};
/** Asked for by name: over another table, or for their outcome alone. */
const APART = {
	budget: budgetChecks,
	field: namedFieldChecks,
	login: loginChecks,
	pictures: pictureChecks,
	words: wordPictures,
};

if (!base) {
	console.error("run.mjs: FLOWBPF_URL is not set");
	process.exit(2);
}
const wanted = process.argv.slice(2);
await start();
try {
	for (const [name, run] of Object.entries(SETS))
		if (!wanted.length || wanted.includes(name)) await run();
	for (const [name, run] of Object.entries(APART)) if (wanted.includes(name)) await run();
} finally {
	await stop();
}
process.exit(failures ? 1 : 0);
