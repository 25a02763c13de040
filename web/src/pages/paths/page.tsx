// SPDX-License-Identifier: BSD-2-Clause
// Paths: what flows from where over what to where, as bands between up to four columns.

import type { Sankey } from "../../api/types";
import { SankeyPicture } from "../../charts/sankey";
import * as fmt from "../../core/format";
import { globalFilter } from "../../core/pagefilter";
import { linkHref, nodeName } from "../../charts/paths";
import { usePolled } from "../../data/polled";
import { param, setParams } from "../../core/route";
import { narrow, units } from "../../core/settings";
import { liveness } from "../../core/time";
import { Notice } from "../../ui/notice";
import { Options } from "../../ui/options";
import { Panel } from "../../ui/panel";
import { Segment } from "../../ui/segment";
import { t } from "../../words/t";

const dims = param("dims", "src.ip,service,dst.host");
const metric = param("metric", "bytes");
const DIMS: [string, string][] = [
	["src.ip", t("word.source")],
	["iface", t("word.interface")],
	["proto", t("word.protocol")],
	["service", t("paths.service")],
	["dst.host", t("word.name")],
	["dst.ip", t("word.destination")],
	["dst.port", t("word.port")],
	["state", t("word.state")],
];
const METRICS: [string, string][] = [
	["bytes", t("word.bytes")],
	["rate", t("word.rate")],
	["count", t("word.flows")],
];

function formatOf(kind: string): (n: number) => string {
	if (kind === "bytes") return (n) => fmt.bytes(n, units.value);
	if (kind === "rate") return (n) => fmt.rate(n * 8, units.value);
	return (n) => fmt.count(n);
}

function Chooser() {
	const chosen = dims.value.split(",");
	const set = (i: number, value: string) => {
		const next = [...chosen];
		if (value) next[i] = value;
		else next.splice(i, 1);
		setParams({ dims: [...new Set(next)].join(",") });
	};
	return (
		<div class="toolbar-row" role="group" aria-label={t("paths.columns")}>
			{[0, 1, 2, 3].slice(0, Math.min(4, chosen.length + 1)).map((i) => (
				<label key={i} class="picker">
					<span>{i + 1}</span>
					<select
						value={chosen[i] ?? ""}
						aria-label={t("paths.column", { n: i + 1 })}
						onChange={(event) => set(i, event.currentTarget.value)}
					>
						{i >= 2 ? <option value="">{t("word.none")}</option> : null}
						<Options
							list={DIMS.filter(
								([field]) => field === chosen[i] || !chosen.includes(field),
							)}
						/>
					</select>
				</label>
			))}
			<Segment
				label={t("paths.measure")}
				value={metric.value}
				options={METRICS}
				onPick={(key) => setParams({ metric: key === "bytes" ? null : key })}
			/>
		</div>
	);
}

export function PathsPage() {
	const top = narrow.value ? 6 : 12;
	const polled = usePolled<Sankey>(
		"sankey",
		{
			dims: dims.value,
			metric: metric.value,
			top_n: top,
			filter: globalFilter.value || null,
			live: metric.value === "count" ? liveness.value : "both",
		},
		3,
	);
	const graph = polled.data.value;
	const format = formatOf(metric.value);
	const rows = () =>
		[...(graph?.links ?? [])]
			.sort((a, b) => b.value - a.value)
			.map((link) => {
				const [from, to] = [graph!.nodes[link.source]!, graph!.nodes[link.target]!];
				return {
					key: `${link.source}-${link.target}`,
					name: `${nodeName(from)} → ${nodeName(to)}`,
					label: `${nodeName(from)} → ${nodeName(to)}`,
					href: linkHref(graph!, link),
					cells: [format(link.value)],
					exact: [link.value],
				};
			});
	return (
		<div class="overview">
			<div class="listing-head paths-head">
				<h1>{t("word.paths")}</h1>
				<Chooser />
			</div>
			{polled.failed.value && !graph ? (
				<Notice icon="warn" title={t("paths.noPicture")}>
					<p>{polled.failed.value}</p>
				</Notice>
			) : (
				<div class="panels">
					<Panel
						title={dims.value
							.split(",")
							.map((dim) => DIMS.find(([f]) => f === dim)?.[1] ?? dim)
							.join(" → ")}
						help={t("paths.help")}
						area="a-sankey"
						table={() => ({
							head: [
								t("paths.fromTo"),
								METRICS.find(([key]) => key === metric.value)?.[1] ?? metric.value,
							],
							rows: rows(),
						})}
					>
						{graph ? (
							graph.links.length ? (
								<SankeyPicture graph={graph} format={format} />
							) : (
								<Notice icon="paths" title={t("paths.nothingFlows")}>
									<p>
										{metric.value === "rate"
											? t("paths.noMatchingFlow")
											: t("paths.noFlowMatches")}
									</p>
								</Notice>
							)
						) : (
							<p class="faint panel-empty">{t("word.loading")}</p>
						)}
					</Panel>
				</div>
			)}
		</div>
	);
}
