// SPDX-License-Identifier: BSD-2-Clause
// The rules of alerts: how each is written and by whom, how many of its alerts there are, and which are
// off. Those that were made here are changed here; the config's are changed there.

import type { AlertRule, AlertRuleOff, AlertRules } from "../../api/schema";
import * as fmt from "../../core/format";
import { safe } from "../../core/text";
import { whyNoChange } from "../../data/access";
import { switchRule } from "../../data/alerts";
import { type DataColumn, DataTable } from "../../ui/datatable";
import { Icon } from "../../ui/icons";
import { NotYours } from "../../ui/notyours";
import { perform } from "../../ui/perform";
import { t } from "../../words/t";
import { Severity } from "./firing";
import { writeRule } from "./ruledialog";

interface Row extends Pick<AlertRule, "name" | "rule" | "text" | "words" | "source"> {
	live: AlertRule | null;
	off: AlertRuleOff | null;
	all: AlertRules;
}

const rowsOf = (all: AlertRules): Row[] => [
	...all.items.map((one) => ({ ...one, live: one, off: null, all })),
	...all.off.map((one) => ({ ...one, live: null, off: one, all })),
];

function Written({ row }: { row: Row }) {
	return (
		<span class="rule-what">
			<code title={safe(row.text)}>{safe(row.text)}</code>
			{row.off?.error ? (
				<span class="bad-text rule-said">{safe(row.off.error)}</span>
			) : (
				<span class="faint rule-said">{safe(row.live?.help ?? t("alerts.stateOff"))}</span>
			)}
		</span>
	);
}

const SOURCE: Record<AlertRule["source"], string> = {
	ready: t("alerts.ready"),
	config: t("alerts.yours"),
	made: t("alerts.made"),
};

/** Of the config none is offered: it says what holds. */
function Acts({ row }: { row: Row }) {
	const { name, source, off } = row;
	if (whyNoChange() !== null || source === "config" || off?.by === "config") return null;
	const holes = { name: safe(name) };
	return (
		<span class="rule-acts">
			{off?.error ? null : (
				<button
					type="button"
					aria-label={t(off ? "alerts.switchOn" : "alerts.switchOff", holes)}
					onClick={() =>
						void perform(
							() => switchRule(name, off !== null),
							t(off ? "alerts.isOn" : "alerts.isOff", holes),
						)
					}
				>
					{t(off ? "alerts.on" : "alerts.off")}
				</button>
			)}
			<button
				type="button"
				aria-label={t("alerts.changeOne", holes)}
				onClick={() => writeRule(row, row.all, source === "made")}
			>
				{t("alerts.change")}
			</button>
		</span>
	);
}

const count = (key: "pending" | "firing", title: string): DataColumn<Row> => ({
	key,
	title,
	end: true,
	roomy: true,
	cell: ({ live }) => (live ? fmt.count(live[key]) : "–"),
});

const columns: DataColumn<Row>[] = [
	{ key: "name", title: t("alerts.name"), cell: (row) => <strong>{safe(row.name)}</strong> },
	{
		key: "severity",
		title: t("alerts.severity"),
		roomy: true,
		cell: ({ live }) => (live ? <Severity of={live.severity} /> : "–"),
	},
	{ key: "text", title: t("alerts.rule"), wide: true, cell: (row) => <Written row={row} /> },
	{ key: "from", title: t("alerts.from"), roomy: "more", cell: ({ source }) => SOURCE[source] },
	count("pending", t("alerts.pending")),
	count("firing", t("alerts.firing")),
	{
		key: "acts",
		title: t("flows.action"),
		untitled: true,
		end: true,
		cell: (row) => <Acts row={row} />,
	},
];

export function RuleList({ rules }: { rules: AlertRules }) {
	return (
		<>
			{whyNoChange() === null ? (
				<div class="listing-head">
					<button type="button" class="primary" onClick={() => writeRule(null, rules)}>
						<Icon name="plus" /> {t("alerts.newRule")}
					</button>
				</div>
			) : (
				<NotYours />
			)}
			<DataTable
				label={t("alerts.rules")}
				columns={columns}
				rows={rowsOf(rules)}
				id={({ name, off }) => `${name}${off ? " off" : ""}`}
				rowClass={({ off }) => (off ? "over" : "")}
			/>
		</>
	);
}
