// SPDX-License-Identifier: BSD-2-Clause
// How a measure is spread over the flows: a bar a range, each leading to its flows.

import type { Quality } from "../../api/types";
import { type Bar, Bars } from "../../charts/bars";
import * as fmt from "../../core/format";
import { flowsWith } from "../../core/pagefilter";
import { Panel, type Table } from "../../ui/panel";
import { t } from "../../words/t";

type Measure = keyof Quality["measures"];

/** In the order of the page; the field that filters by it. */
const MEASURES: [Measure, string, string][] = [
	["latency_up_ms", "latency.up_ms", t("quality.toServers")],
	["latency_down_ms", "latency.down_ms", t("quality.toClients")],
	["loss_share", "loss", t("quality.lossOfFlows")],
	["handshake_ms", "rtt_ms", t("quality.handshake")],
	["tls_hello_ms", "tls.hello_ms", t("quality.tls")],
	["dns_answer_ms", "dns.answer_ms", t("quality.dns")],
	["jitter_ms", "jitter_ms", t("quality.jitter")],
];

interface Range {
	words: string;
	term: string;
	n: number;
}

const say = (field: string, value: number) =>
	field === "loss" ? fmt.percent(value, 1) : fmt.durationFine(value);

const sayEdge = (field: string, value: number) =>
	field === "loss" || value < 1 ? say(field, value) : fmt.duration(value);

/** Without those before the first flow and behind the last. */
function taken(ranges: Range[]): Range[] {
	const have = ranges.flatMap((range, i) => (range.n > 0 ? [i] : []));
	return ranges.slice(have[0] ?? 0, (have.at(-1) ?? -1) + 1);
}

const term = (field: string, op: string, value: number) =>
	`${field} ${op} ${field === "loss" ? `${+(value * 100).toFixed(2)}%` : value}`;

function rangesOf(field: string, edges: number[], counts: number[]): Range[] {
	return counts.map((n, i) => {
		const [from, to] = [edges[i - 1], edges[i]];
		const parts = [
			from === undefined ? field === "loss" && term(field, ">", 0) : term(field, ">=", from),
			to !== undefined && term(field, "<", to),
		];
		return {
			words:
				from === undefined
					? `< ${sayEdge(field, to!)}`
					: to === undefined
						? `≥ ${sayEdge(field, from)}`
						: `${sayEdge(field, from)} – ${sayEdge(field, to)}`,
			term: parts.filter(Boolean).join(" and "),
			n,
		};
	});
}

const linkOf = (range: Range) => flowsWith(range.term, { live: "both" });

const barOf = (range: Range, all: number): Bar => ({
	key: range.words,
	label: range.words,
	value: range.n,
	text: fmt.countShort(range.n),
	more: fmt.percent(range.n, all),
	href: linkOf(range),
});

function tableOf(title: string, ranges: Range[], all: number): Table {
	return {
		head: [title, t("word.flows"), t("quality.part")],
		rows: ranges.map((range) => ({
			key: range.words,
			label: range.words,
			href: linkOf(range),
			cells: [fmt.count(range.n), fmt.percent(range.n, all)],
			exact: [range.n, all ? range.n / all : 0],
		})),
	};
}

function Spread({
	data,
	of: [measure, field, title],
}: {
	data: Quality;
	of: (typeof MEASURES)[0];
}) {
	const spread = data.measures[measure];
	const edges = field === "loss" ? data.edges_share : data.edges_ms;
	const ranges = rangesOf(field, edges, spread.counts ?? []);
	const percentiles = (["p50", "p90", "p99"] as const).map((key) => [key, spread[key]] as const);
	return (
		<Panel
			title={title}
			help={t("quality.spreadHelp")}
			area="a-spread"
			table={() => tableOf(title, ranges, spread.flows)}
		>
			{spread.flows ? (
				<p class="percentiles">
					{percentiles.map(([key, value]) => (
						<span key={key}>
							<span class="faint">{key}</span>{" "}
							<span class="strong">
								{value === null ? fmt.NONE : say(field, value)}
							</span>
						</span>
					))}
					<span class="faint">
						{t("word.nFlows", { n: spread.flows, count: fmt.countShort(spread.flows) })}
					</span>
				</p>
			) : null}
			<Bars
				bars={spread.flows ? taken(ranges).map((range) => barOf(range, spread.flows)) : []}
				empty={t("quality.notYet")}
			/>
		</Panel>
	);
}

export const Spreads = ({ data }: { data: Quality }) => (
	<>
		{MEASURES.map((one) => (
			<Spread key={one[0]} data={data} of={one} />
		))}
	</>
);
