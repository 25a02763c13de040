// SPDX-License-Identifier: BSD-2-Clause
// The panels of the Overview. Each reads the figures at hand and links into Flows.

import { useSignal } from "@preact/signals";
import type { Aggregate } from "../../api/types";
import { Bars, type Bar } from "../../charts/bars";
import { Doughnut } from "../../charts/doughnut";
import { MatrixBars, matrixOf, matrixTable } from "../../charts/matrix";
import * as filter from "../../core/filter";
import * as fmt from "../../core/format";
import { flowsWith, globalFilter } from "../../core/pagefilter";
import { protocolName } from "../../core/protocols";
import { usePolled } from "../../data/polled";
import { units } from "../../core/settings";
import { safe } from "../../core/text";
import { liveness } from "../../core/time";
import { Panel } from "../../ui/panel";
import { protoTint, stateKind, states } from "../../ui/cells";
import type { Figures } from "./figures";
import { type Metric, metricOf, MetricSwitch, say, valueOf } from "./metric";
import { t } from "../../words/t";

const LABELS: Record<Metric, string> = {
	rate: t("overview.rateProtocol"),
	bytes: t("overview.bytesProtocol"),
	count: t("overview.flowsProtocol"),
};

export function Protocols() {
	const metric = useSignal<Metric>("count");
	const by = metricOf(metric);
	const answer = usePolled<Aggregate>(
		"aggregate/protocol",
		{ metric: by, top_n: 12, live: liveness.value, filter: globalFilter.value || null },
		2,
	).data.value;
	const items = answer?.items ?? [];
	const total = items.reduce((n, item) => n + valueOf(by, item), 0);
	const format = (n: number) => say(by, n);
	const slices = items.map((item) => ({
		key: protocolName(item.key),
		value: valueOf(by, item),
		tint: protoTint(item.key),
		href: flowsWith(filter.term("proto", item.key)),
	}));
	return (
		<Panel
			title={t("overview.protocols")}
			help={t("overview.protocolsHelp")}
			area="a-proto"
			controls={<MetricSwitch metric={metric} name={t("overview.protocols")} />}
			table={() => ({
				head: [t("word.protocol"), t("word.flows"), t("word.bytes"), t("word.rate")],
				rows: items.map((i) => ({
					key: protocolName(i.key),
					label: safe(protocolName(i.key)),
					href: flowsWith(filter.term("proto", i.key)),
					cells: [
						fmt.count(i.count),
						fmt.bytes(i.bytes, units.value),
						fmt.rate(i.rate_bps, units.value),
					],
					exact: [i.count, i.bytes, i.rate_bps],
				})),
			})}
		>
			<Doughnut
				slices={slices}
				label={LABELS[by]}
				format={format}
				centre={<Centre text={format(total)} unit={by === "count" ? "flows" : ""} />}
			/>
		</Panel>
	);
}

/** A figure and its unit under each other. */
function Centre({ text, unit }: { text: string; unit: string }) {
	const [figure, own = unit] = text.split(" ");
	return (
		<>
			<strong>{figure}</strong>
			<span>{own}</span>
		</>
	);
}

export function States({ figures }: { figures: Figures }) {
	const known = [
		...states.value.filter((s) => s in figures.state),
		...Object.keys(figures.state).filter((s) => !states.value.includes(s)),
	];
	const bars: Bar[] = known.map((key) => ({
		key,
		label: safe(key),
		value: figures.state[key] ?? 0,
		text: fmt.count(figures.state[key]),
		href: flowsWith(filter.term("state", key)),
		tint: `k-${stateKind(key)}`,
	}));
	return (
		<Panel
			title={t("word.states")}
			help={t("overview.statesHelp")}
			area="a-state"
			table={() => ({
				head: [t("word.state"), t("word.flows")],
				rows: bars.map((b) => ({
					key: b.key,
					label: b.label,
					href: b.href,
					cells: [b.text],
					exact: [b.value],
				})),
			})}
		>
			<Bars bars={bars} empty={t("overview.noFlows")} />
		</Panel>
	);
}

export function ProtocolStates({ figures }: { figures: Figures }) {
	const matrix = matrixOf(figures.matrix, states.value);
	const link = (proto: string, state: string) =>
		flowsWith(filter.all(filter.term("proto", proto), filter.term("state", state)));
	return (
		<Panel
			title={t("overview.protocolState")}
			help={t("overview.protocolStateHelp")}
			area="a-matrix"
			table={() => matrixTable(matrix, link)}
		>
			{matrix.rows.length ? (
				<MatrixBars matrix={matrix} href={link} />
			) : (
				<p class="faint panel-empty">{t("overview.noFlows")}</p>
			)}
		</Panel>
	);
}
