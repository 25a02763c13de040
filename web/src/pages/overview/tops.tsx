// SPDX-License-Identifier: BSD-2-Clause
// The most of one dimension: destinations, services, ports, names. Each row leads to its flows.

import { type Signal, useSignal } from "@preact/signals";
import type { Aggregate } from "../../api/types";
import { Bars, type Bar } from "../../charts/bars";
import * as filter from "../../core/filter";
import * as fmt from "../../core/format";
import { flowsWith, globalFilter } from "../../core/pagefilter";
import { href } from "../../core/route";
import { rankedBy, units } from "../../core/settings";
import { usePolled } from "../../data/polled";
import { labelWritten, written } from "../../ui/cells";
import { Panel, type Table } from "../../ui/panel";
import {
	destinationSide,
	liveOf,
	type Metric,
	metricOf,
	MetricSwitch,
	say,
	valueOf,
} from "./metric";
import { t } from "../../words/t";

type Item = Aggregate["items"][number];

interface TopProps {
	title: string;
	help: string;
	area: string;
	/** the dimension's name in the API, and its field */
	dimension: string;
	field: string;
	empty: string;
	n?: number;
	/** ranked as others are; without it the panel has a switch of its own */
	metric?: Signal<Metric>;
	/** a term that leaves those of the chosen side */
	term?: string;
}

/** Fields whose values are names already. */
const NAMES = new Set(["dst.host", "service"]);

/** A name speaks for itself; a port is called by its service, not by who happens to be on it. */
function labelOf(field: string, { key, label }: Item) {
	if (NAMES.has(field)) return <bdi class="strong">{written(field, key)}</bdi>;
	const name = field === "dst.port" ? label?.replace(/ \(.*\)$/, "") : label;
	return name ? (
		<>
			<bdi class="strong">{labelWritten(field, name)}</bdi>{" "}
			<span class="mono faint">{written(field, key)}</span>
		</>
	) : (
		<span class="mono">{written(field, key)}</span>
	);
}

function barOf(field: string, by: Metric, link: string, item: Item): Bar {
	return {
		key: item.key,
		value: valueOf(by, item),
		href: link,
		title: `${labelWritten(field, item.label)} ${written(field, item.key)}\n${t(
			"overview.nowAndSums",
			{
				rate: fmt.rate(item.rate_bps, units.value),
				bytes: item.bytes,
				n: item.count,
			},
		)}`,
		label: labelOf(field, item),
		more:
			by === "count"
				? fmt.rate(item.rate_bps, units.value)
				: t("word.nFlows", { n: item.count, count: fmt.countShort(item.count) }),
		text: say(by, valueOf(by, item)),
	};
}

function tableOf(field: string, items: Item[], link: (key: string) => string): Table {
	return {
		head: [field, t("word.name"), t("word.flows"), t("word.bytes"), t("word.rate")],
		rows: items.map((i) => ({
			key: i.key,
			label: written(field, i.key),
			href: link(i.key),
			cells: [
				labelWritten(field, i.label),
				fmt.count(i.count),
				fmt.bytes(i.bytes, units.value),
				fmt.rate(i.rate_bps, units.value),
			],
			exact: [i.label, i.count, i.bytes, i.rate_bps],
		})),
	};
}

export function Top(props: TopProps) {
	const { title, help, area, dimension, field, empty, n = 10, term } = props;
	const own = useSignal<Metric>("rate");
	const metric = props.metric ?? own;
	const by = metricOf(metric);
	const answer = usePolled<Aggregate>(
		`aggregate/${dimension}`,
		{
			metric: by,
			top_n: n,
			live: liveOf(by),
			filter: filter.all(globalFilter.value, term) || null,
		},
		2,
	).data.value;
	const items = (answer?.items ?? []).filter((item) => item.key !== "");
	const link = (key: string) =>
		flowsWith(filter.term(field, key), { live: by === "bytes" ? "both" : null, scope: "all" });
	return (
		<Panel
			title={title}
			help={t("overview.topHelp", { help })}
			area={area}
			controls={props.metric ? null : <MetricSwitch metric={metric} name={title} />}
			open={href("/flows", { group: field })}
			table={() => tableOf(field, items, link)}
		>
			{answer ? (
				<Bars
					bars={items.map((item) => barOf(field, by, link(item.key), item))}
					empty={empty}
				/>
			) : (
				<p class="faint panel-empty">{t("word.loading")}</p>
			)}
		</Panel>
	);
}

/** What stands beside the busiest hosts, ranked as they are. */
export function NowTops() {
	return (
		<>
			<Top
				title={t("overview.topDestinations")}
				help={t("overview.topDestinationsHelp")}
				area="a-dst"
				dimension="destination-ip"
				field="dst.ip"
				empty={t("overview.noFlows")}
				n={7}
				metric={rankedBy}
				term={destinationSide()}
			/>
			<Top
				title={t("overview.topServices")}
				help={t("overview.topServicesHelp")}
				area="a-service"
				dimension="service"
				field="service"
				empty={t("overview.noFlows")}
				n={7}
				metric={rankedBy}
			/>
		</>
	);
}

export function MoreTops() {
	return (
		<>
			<Top
				title={t("overview.topPorts")}
				help={t("overview.topPortsHelp")}
				area="a-port"
				dimension="ports"
				field="dst.port"
				empty={t("overview.noFlowsPorts")}
			/>
			<Top
				title={t("overview.topNames")}
				help={t("overview.topNamesHelp")}
				area="a-name"
				dimension="name"
				field="dst.host"
				empty={t("overview.noNamesYet")}
			/>
		</>
	);
}
