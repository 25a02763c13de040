// SPDX-License-Identifier: BSD-2-Clause
// What the judge said of the flows of each window, over time: how many are to be allowed, looked at and
// denied, how sure the learned judge was, how risky they were, and how often both judges agreed.

import { useMemo } from "preact/hooks";
import type { Window } from "../../api/types";
import { Stacked } from "../../charts/stacked";
import * as fmt from "../../core/format";
import type { Values } from "../../data/series";
import { Panel } from "../../ui/panel";
import { t } from "../../words/t";
import { type Gauge, Gauges, gaugeTable, type Say } from "./gauge";

const count: Say = (v) => (v == null ? fmt.NONE : fmt.countShort(v));
const share: Say = (v) => (v == null ? fmt.NONE : fmt.percent(v, 1));

/** Their words are the API's, as everywhere. */
const VERDICTS = [
	["allow", "ok"],
	["inspect", "warn"],
	["deny", "bad"],
] as const;

const GAUGES: Gauge[] = [
	{
		key: "confidence",
		title: t("judge.confidence"),
		help: t("judge.confidenceHelp"),
		tint: "--c1",
		least: 1,
		say: share,
	},
	{
		key: "risk",
		title: t("judge.risk"),
		help: t("judge.avgRiskHelp"),
		tint: "--bad",
		least: 0.1,
		say: share,
	},
	{
		key: "agreement",
		title: t("judge.agreement"),
		help: t("judge.agreementHelp"),
		tint: "--c4",
		least: 1,
		say: share,
	},
];

const counted = (key: "allow" | "inspect" | "deny"): Gauge => ({
	key,
	title: key,
	help: key,
	tint: "",
	least: 1,
	say: count,
});

function valuesOf(list: Window[]): Map<string, Values> {
	const of = (pick: (p: Window["predictions"]) => number | null) =>
		list.map(({ predictions }) => pick(predictions));
	return new Map([
		["allow", of((p) => p.allow)],
		["inspect", of((p) => p.inspect)],
		["deny", of((p) => p.deny)],
		["confidence", of((p) => p.avg_confidence)],
		["risk", of((p) => p.avg_risk)],
		["agreement", of((p) => (p.agreement_rate === null ? null : p.agreement_rate / 100))],
	]);
}

export function Predictions({ list }: { list: Window[] }) {
	const times = useMemo(() => list.map(({ end }) => Date.parse(end) / 1000), [list]);
	const of = useMemo(() => valuesOf(list), [list]);
	const layers = useMemo(
		() => VERDICTS.map(([key, tint]) => ({ key, tint, values: of.get(key) ?? [] })),
		[of],
	);
	const all = [...VERDICTS.map(([key]) => counted(key)), ...GAUGES];
	return (
		<Panel
			title={t("judge.overTime")}
			help={t("judge.overTimeHelp")}
			area="a-predictions"
			table={() => gaugeTable(all, times, of)}
		>
			{list.length > 1 ? (
				<Gauges gauges={GAUGES} times={times} of={of}>
					<figure class="gauge">
						<figcaption>{t("judge.verdict")}</figcaption>
						<Stacked
							t={times}
							layers={layers}
							height={124}
							label={t("judge.overTime")}
							say={count}
							least={10}
						/>
					</figure>
				</Gauges>
			) : (
				<p class="faint panel-empty chart-empty">{t("history.firstWindowCloses")}</p>
			)}
		</Panel>
	);
}
