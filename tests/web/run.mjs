// SPDX-License-Identifier: BSD-2-Clause
// Checks of the page in a real browser against a running daemon: FLOWBPF_URL=http://… node run.mjs
// [streams|map|history|rules|alerts|alertrules|judge|typing|stale|flows|table|times|tasks|fields|overview|ends|hostile|pages|languages|budget|field|fleet|live|login|motion|pictures|words ...]. With FLOWBPF_ACTS=1 it also deletes a conntrack entry.
import { abreast, base, failures, start, stop } from "./browser.mjs";
import { alertChecks } from "./checks/alerts.mjs";
import { alertRuleChecks } from "./checks/alertrules.mjs";
import { budgetChecks } from "./checks/budget.mjs";
import { endChecks } from "./checks/ends.mjs";
import { fieldChecks, namedFieldChecks } from "./checks/fields.mjs";
import { fleetChecks } from "./checks/fleet.mjs";
import { flowChecks } from "./checks/flows.mjs";
import { historyChecks } from "./checks/history.mjs";
import { hostileChecks } from "./checks/hostile.mjs";
import { judgeChecks } from "./checks/judge.mjs";
import { languageChecks, wordPictures } from "./checks/languages.mjs";
import { overviewChecks } from "./checks/overview.mjs";
import { liveChecks } from "./checks/live.mjs";
import { mapChecks } from "./checks/map.mjs";
import { motionChecks } from "./checks/motion.mjs";
import { loginChecks, pageChecks } from "./checks/pages.mjs";
import { pictureChecks } from "./checks/pictures.mjs";
import { qualityChecks } from "./checks/quality.mjs";
import { ruleChecks } from "./checks/rules.mjs";
import { staleChecks } from "./checks/stale.mjs";
import { streamChecks } from "./checks/streams.mjs";
import { tableChecks } from "./checks/table.mjs";
import { taskChecks } from "./checks/tasks.mjs";
import { timeChecks } from "./checks/times.mjs";
import { typingChecks } from "./checks/typing.mjs";

/**
 * Alone, and first: streams are counted, and those of closed pages take seconds to be noticed; the
 * map begins without data.
 */
const FIRST = { streams: streamChecks, map: mapChecks };
/** Beside each other, the longest first: most of a check is waiting. */
const BESIDE = {
	pages: pageChecks,
	flows: flowChecks,
	overview: overviewChecks,
	languages: languageChecks,
	typing: typingChecks,
	hostile: hostileChecks,
	table: tableChecks,
	stale: staleChecks,
	tasks: taskChecks,
	fields: fieldChecks,
	times: timeChecks,
	quality: qualityChecks,
	ends: endChecks,
	history: historyChecks,
	rules: ruleChecks,
	alerts: alertChecks,
	alertrules: alertRuleChecks,
	judge: judgeChecks,
};
const LANES = 2;
/** Asked for by name: over another table, or for their outcome alone. */
const APART = {
	budget: budgetChecks,
	field: namedFieldChecks,
	fleet: fleetChecks,
	live: liveChecks,
	login: loginChecks,
	motion: motionChecks,
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
	const chosen = (sets) =>
		Object.entries(sets)
			.filter(([name]) => !wanted.length || wanted.includes(name))
			.map(([, run]) => run);
	for (const run of chosen(FIRST)) await run();
	await abreast(LANES, chosen(BESIDE));
	for (const [name, run] of Object.entries(APART)) if (wanted.includes(name)) await run();
} finally {
	await stop();
}
process.exit(failures ? 1 : 0);
