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
import { Panel } from "../../ui/panel";
import { Segment } from "../../ui/segment";

const dims = param("dims", "src.ip,service,dst.host");
const metric = param("metric", "bytes");
const DIMS: [string, string][] = [
	["src.ip", "Source"],
	["iface", "Interface"],
	["proto", "Protocol"],
	["service", "Service"],
	["dst.host", "Name"],
	["dst.ip", "Destination"],
	["dst.port", "Port"],
	["state", "State"],
];
const METRICS: [string, string][] = [
	["bytes", "Bytes"],
	["rate", "Rate"],
	["count", "Flows"],
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
		<div class="toolbar-row" role="group" aria-label="Columns of the picture">
			{[0, 1, 2, 3].slice(0, Math.min(4, chosen.length + 1)).map((i) => (
				<label key={i} class="picker">
					<span>{i + 1}</span>
					<select
						value={chosen[i] ?? ""}
						aria-label={`Column ${i + 1}`}
						onChange={(event) => set(i, event.currentTarget.value)}
					>
						{i >= 2 ? <option value="">none</option> : null}
						{DIMS.filter(
							([field]) => field === chosen[i] || !chosen.includes(field),
						).map(([field, word]) => (
							<option key={field} value={field}>
								{word}
							</option>
						))}
					</select>
				</label>
			))}
			<Segment
				label="Measure"
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
				<h1>Paths</h1>
				<Chooser />
			</div>
			{polled.failed.value && !graph ? (
				<Notice icon="warn" title="No picture">
					<p>{polled.failed.value}</p>
				</Notice>
			) : (
				<div class="panels">
					<Panel
						title={dims.value
							.split(",")
							.map((dim) => DIMS.find(([f]) => f === dim)?.[1] ?? dim)
							.join(" → ")}
						help="Widths follow the measure; what is beyond the largest is folded into “other”. Press a band for its flows."
						area="a-sankey"
						table={() => ({
							head: [
								"From → to",
								METRICS.find(([key]) => key === metric.value)?.[1] ?? metric.value,
							],
							rows: rows(),
						})}
					>
						{graph ? (
							graph.links.length ? (
								<SankeyPicture graph={graph} format={format} />
							) : (
								<Notice icon="paths" title="Nothing flows">
									<p>
										{metric.value === "rate"
											? "No matching flow moved anything in the last second."
											: "No flow matches."}
									</p>
								</Notice>
							)
						) : (
							<p class="faint panel-empty">Loading…</p>
						)}
					</Panel>
				</div>
			)}
		</div>
	);
}
