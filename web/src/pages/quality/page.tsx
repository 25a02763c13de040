// SPDX-License-Identifier: BSD-2-Clause
// Quality: the worst paths by network, country or host, and how delays and losses are spread.

import type { Quality, QualityPath } from "../../api/types";
import { countryName } from "../../core/country";
import * as filter from "../../core/filter";
import * as fmt from "../../core/format";
import { flowsWith, globalFilter } from "../../core/pagefilter";
import { param, setParams } from "../../core/route";
import { units } from "../../core/settings";
import { safe } from "../../core/text";
import { fieldOf } from "../../data/fields";
import { usePolled } from "../../data/polled";
import { type DataColumn, DataTable } from "../../ui/datatable";
import { Awaited, Notice } from "../../ui/notice";
import { Segment } from "../../ui/segment";
import { Spreads } from "./spreads";
import { labelOf, t } from "../../words/t";

const LISTED = 12;
const by = param("by", "dst.org");
const worst = param("worst", "latency");

type Worst = "latency" | "jitter" | "loss";

const WORST: [Worst, string][] = [
	["latency", t("quality.latency")],
	["jitter", t("quality.jitter")],
	["loss", t("quality.loss")],
];

/** What paths are told apart by; those that this server knows. */
const GROUPS = ["dst.org", "dst.country", "dst.ip", "src.device", "src.ip", "iface"];
const groups = () => GROUPS.filter((name) => fieldOf(name)?.group);
const group = () => (groups().includes(by.value) ? by.value : "dst.org");
const measure = (): Worst => WORST.find(([key]) => key === worst.value)?.[0] ?? "latency";

const titleOf = (name: string) => labelOf(name, fieldOf(name)?.label ?? name);

const keep = (name: string, usual: string) => (key: string) =>
	setParams({ [name]: key === usual ? null : key });

function Controls() {
	return (
		<div class="toolbar-row">
			<label class="picker">
				<span>{t("quality.by")}</span>
				<select
					name="by"
					aria-label={t("quality.by")}
					value={group()}
					onChange={(event) => keep("by", "dst.org")(event.currentTarget.value)}
				>
					{groups().map((name) => (
						<option key={name} value={name}>
							{titleOf(name)}
						</option>
					))}
				</select>
			</label>
			<Segment
				label={t("quality.worst")}
				value={measure()}
				options={WORST}
				onPick={keep("worst", "latency")}
			/>
		</div>
	);
}

const ms = (value: number | null) => (value === null ? fmt.NONE : fmt.durationFine(value));
const share = (value: number | null) => (value === null ? fmt.NONE : fmt.percent(value, 1));

function Path({ row }: { row: QualityPath }) {
	const country = group().endsWith(".country") && countryName(row.key);
	return (
		<a href={flowsWith(filter.term(group(), row.key), { live: "both" })}>
			<bdi class="strong">{safe(country || row.label || row.key)}</bdi>
			{country || row.label ? <span class="mono faint"> {safe(row.key)}</span> : null}
		</a>
	);
}

const number = (
	key: string,
	title: string,
	help: string,
	cell: (row: QualityPath) => string,
	roomy?: boolean | "more",
): DataColumn<QualityPath> => ({ key, title, help, end: true, cell, ...(roomy ? { roomy } : {}) });

function columnsOf(name: string): DataColumn<QualityPath>[] {
	const half = t("quality.halfHelp");
	return [
		{ key: "key", title: titleOf(name), wide: true, cell: (row) => <Path row={row} /> },
		number(
			"flows",
			t("word.flows"),
			t("quality.measuredHelp"),
			(row) => fmt.count(row.measured),
			true,
		),
		number("p50", t("quality.half"), half, (row) => ms(row.latency_ms.p50), true),
		number("p90", t("quality.most"), half, (row) => ms(row.latency_ms.p90)),
		number("p99", t("quality.nearlyAll"), half, (row) => ms(row.latency_ms.p99), "more"),
		number(
			"jitter",
			t("quality.jitter"),
			t("quality.jitterHelp"),
			(row) => ms(row.jitter_ms.p90),
			true,
		),
		number("loss", t("quality.loss"), t("quality.lossHelp"), (row) => share(row.loss)),
		number(
			"up",
			titleOf("retrans.up"),
			t("quality.againHelp"),
			(row) => fmt.count(row.retrans.up),
			"more",
		),
		number(
			"down",
			titleOf("retrans.down"),
			t("quality.againHelp"),
			(row) => fmt.count(row.retrans.down),
			"more",
		),
		number(
			"bytes",
			t("word.bytes"),
			t("quality.measuredHelp"),
			(row) => fmt.bytes(row.bytes, units.value),
			true,
		),
	];
}

const PATHS: Record<Quality["path"], string> = {
	server: t("quality.toServers"),
	client: t("quality.toClients"),
	both: t("quality.throughout"),
};

function Worst({ data }: { data: Quality }) {
	return (
		<section class="panel" aria-label={t("quality.worstPaths")}>
			<header class="panel-head">
				<h2>{t("quality.worstPaths")}</h2>
				<span class="faint">{PATHS[data.path]}</span>
			</header>
			{data.items.length ? (
				<DataTable
					label={t("quality.worstPaths")}
					columns={columnsOf(data.by)}
					rows={data.items}
					id={(row) => row.key}
				/>
			) : (
				<p class="faint panel-empty">{t("quality.noGroups")}</p>
			)}
			<p class="faint unseen">{t("quality.unseen")}</p>
		</section>
	);
}

function Answer({ data }: { data: Quality }) {
	if (!data.measured)
		return (
			<Notice icon="info" title={t("quality.none")}>
				<p>{t("quality.noneHelp")}</p>
				<p>{t("quality.unseen")}</p>
			</Notice>
		);
	return (
		<div class="panels">
			<Worst data={data} />
			<Spreads data={data} />
		</div>
	);
}

export function QualityPage() {
	const polled = usePolled<Quality>(
		fieldOf("id") ? "quality" : null,
		{
			by: group(),
			worst: measure(),
			live: "both",
			top_n: LISTED,
			filter: globalFilter.value || null,
		},
		2,
	);
	const data = polled.data.value;
	return (
		<div class="overview">
			<div class="listing-head paths-head">
				<h1>{t("quality.title")}</h1>
				<Controls />
				{data ? (
					<span class="faint">
						{t("quality.measured", {
							n: fmt.count(data.measured),
							all: fmt.count(data.flows),
						})}
					</span>
				) : null}
			</div>
			{data ? (
				<Answer data={data} />
			) : (
				<Awaited failed={polled.failed.value} title={t("quality.cannotShow")}>
					<p class="faint panel-empty">{t("word.loading")}</p>
				</Awaited>
			)}
		</div>
	);
}
