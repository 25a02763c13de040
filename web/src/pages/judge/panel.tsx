// SPDX-License-Identifier: BSD-2-Clause
// The Overview's panel of the judge: what is to be done about how many flows, how risky they are, and
// which reasons are met most. Each leads to its flows.

import type { Group, List } from "../../api/types";
import { Bars, type Bar } from "../../charts/bars";
import * as filter from "../../core/filter";
import * as fmt from "../../core/format";
import { flowsWith, globalFilter } from "../../core/pagefilter";
import { safe } from "../../core/text";
import { CLASSES, KIND, VERDICTS } from "../../data/judge";
import { usePolled } from "../../data/polled";
import { Panel, type Table } from "../../ui/panel";
import { t } from "../../words/t";

const POLL_S = 5;
const KINDS = 8;

function useGroups(field: string, limit: number): Group[] {
	const answer = usePolled<List<Group>>(
		"flows",
		{
			group_by: field,
			live: "both", // what is odd is often over within a second
			limit,
			sort: "-flows",
			filter: globalFilter.value || null,
		},
		POLL_S,
	).data.value;
	return (answer?.items ?? []).filter((group) => group.key !== null && group.key !== "");
}

const linkTo = (field: string, key: string): string =>
	flowsWith(filter.term(field, key, field === "evidence" ? "~" : "="), { live: "both" });

interface Share {
	key: string;
	n: number;
	href: string;
}

const sharesOf = (field: string, words: readonly string[], groups: Group[]): Share[] =>
	words.map((key) => ({
		key,
		n: groups.find((group) => group.key === key)?.flows ?? 0,
		href: linkTo(field, key),
	}));

/** One bar of a few parts, and what each is under it. */
function Shares({ label, shares }: { label: string; shares: Share[] }) {
	const all = shares.reduce((sum, { n }) => sum + n, 0);
	return (
		<div class="shares" role="group" aria-label={label}>
			<div class="shares-bar" aria-hidden="true">
				{shares.map(({ key, n }) =>
					n ? (
						<span
							key={key}
							class={KIND[key as keyof typeof KIND]}
							style={{ flexGrow: n / all }}
						/>
					) : null,
				)}
			</div>
			<ul>
				{shares.map(({ key, n, href }) => (
					<li key={key}>
						<a href={href} class={`word ${KIND[key as keyof typeof KIND]}`}>
							<span class="dot" aria-hidden="true" /> <bdi>{key}</bdi>{" "}
							<strong>{fmt.countShort(n)}</strong>
						</a>
					</li>
				))}
			</ul>
		</div>
	);
}

const tableOf = (shares: Share[]): Table => ({
	head: [t("judge.verdict"), t("word.flows")],
	rows: shares.map(({ key, n, href }) => ({
		key,
		label: key,
		href,
		cells: [fmt.count(n)],
		exact: [n],
	})),
});

const barOf = ({ key, flows }: Group): Bar => ({
	key: String(key),
	label: safe(String(key)),
	value: flows,
	text: fmt.count(flows),
	href: linkTo("evidence", String(key)),
});

export function JudgePanel() {
	const verdicts = sharesOf("verdict", VERDICTS, useGroups("verdict", 8));
	const classes = sharesOf("risk.class", CLASSES, useGroups("risk.class", 8));
	const reasons = useGroups("evidence", KINDS).slice(0, KINDS);
	return (
		<Panel
			title={t("judge.title")}
			help={t("judge.help")}
			area="a-judge"
			table={() => tableOf([...verdicts, ...classes, ...reasons.map(shareOf)])}
		>
			<Shares label={t("judge.verdict")} shares={verdicts} />
			<Shares label={t("judge.risk")} shares={classes} />
			<Bars bars={reasons.map(barOf)} empty={t("judge.noReasons")} />
		</Panel>
	);
}

const shareOf = (group: Group): Share => ({
	key: String(group.key),
	n: group.flows,
	href: barOf(group).href,
});
