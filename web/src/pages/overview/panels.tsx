// SPDX-License-Identifier: BSD-2-Clause
// The panels of the Overview. Each reads the figures at hand and links into Flows.

import { type Signal, useSignal } from "@preact/signals";
import type { Aggregate } from "../../api/types";
import { Bars, type Bar } from "../../charts/bars";
import { Doughnut } from "../../charts/doughnut";
import { MatrixBars, matrixOf, matrixTable } from "../../charts/matrix";
import * as filter from "../../core/filter";
import * as fmt from "../../core/format";
import { flowsWith, globalFilter } from "../../core/pagefilter";
import { usePolled } from "../../data/polled";
import { href } from "../../core/route";
import { units } from "../../core/settings";
import { safe } from "../../core/text";
import { liveness } from "../../core/time";
import { Panel } from "../../ui/panel";
import { protoTint, stateKind, states } from "../../ui/cells";
import type { Figures } from "./figures";

type Metric = "bytes" | "count";

function MetricSwitch({ metric, name }: { metric: Signal<Metric>; name: string }) {
	return (
		<div class="segment tiny" role="group" aria-label={`${name} by`}>
			<button
				type="button"
				aria-pressed={metric.value === "bytes"}
				onClick={() => {
					metric.value = "bytes";
				}}
			>
				Bytes
			</button>
			<button
				type="button"
				aria-pressed={metric.value === "count"}
				onClick={() => {
					metric.value = "count";
				}}
			>
				Flows
			</button>
		</div>
	);
}

export function Protocols() {
	const metric = useSignal<Metric>("count");
	const by = metric.value;
	const answer = usePolled<Aggregate>(
		"aggregate/protocol",
		{ metric: by, top_n: 12, live: liveness.value, filter: globalFilter.value || null },
		2,
	).data.value;
	const items = answer?.items ?? [];
	const total = items.reduce((n, item) => n + item[by], 0);
	const format = (n: number) => (by === "bytes" ? fmt.bytes(n, units.value) : fmt.countShort(n));
	const slices = items.map((item) => ({
		key: item.key.toUpperCase(),
		value: item[by],
		tint: protoTint(item.key),
		href: flowsWith(filter.term("proto", item.key)),
	}));
	return (
		<Panel
			title="Protocols"
			help="Active flows by protocol"
			area="a-proto"
			controls={<MetricSwitch metric={metric} name="Protocols" />}
			table={() => ({
				head: ["Protocol", "Flows", "Bytes"],
				rows: items.map((i) => ({
					key: i.key.toUpperCase(),
					label: safe(i.key.toUpperCase()),
					href: flowsWith(filter.term("proto", i.key)),
					cells: [fmt.count(i.count), fmt.bytes(i.bytes, units.value)],
					exact: [i.count, i.bytes],
				})),
			})}
		>
			<Doughnut
				slices={slices}
				label={by === "bytes" ? "Bytes by protocol" : "Flows by protocol"}
				format={format}
				centre={<Centre text={format(total)} unit={by === "bytes" ? "" : "flows"} />}
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
			title="States"
			help="Active flows by conntrack state, from opening to end"
			area="a-state"
			table={() => ({
				head: ["State", "Flows"],
				rows: bars.map((b) => ({
					key: b.key,
					label: b.label,
					href: b.href,
					cells: [b.text],
					exact: [b.value],
				})),
			})}
		>
			<Bars bars={bars} empty="No flows." />
		</Panel>
	);
}

export function ProtocolStates({ figures }: { figures: Figures }) {
	const matrix = matrixOf(figures.matrix, states.value);
	const link = (proto: string, state: string) =>
		flowsWith(filter.all(filter.term("proto", proto), filter.term("state", state)));
	return (
		<Panel
			title="Protocol × state"
			help="How many flows of each protocol are in which state; press a piece for those flows. Bar lengths follow the square root."
			area="a-matrix"
			table={() => matrixTable(matrix, link)}
		>
			{matrix.rows.length ? (
				<MatrixBars matrix={matrix} href={link} />
			) : (
				<p class="faint panel-empty">No flows.</p>
			)}
		</Panel>
	);
}

interface TopProps {
	title: string;
	help: string;
	area: string;
	/** the dimension's name in the API, and its field */
	dimension: string;
	field: string;
	empty: string;
}

/** A name speaks for itself; a port is called by its service, not by who happens to be on it. */
function labelOf(field: string, { key, label }: Aggregate["items"][number]) {
	if (field === "dst.host") return <bdi class="strong">{safe(key)}</bdi>;
	const name = field === "dst.port" ? label?.replace(/ \(.*\)$/, "") : label;
	return name ? (
		<>
			<bdi class="strong">{safe(name)}</bdi> <span class="mono faint">{safe(key)}</span>
		</>
	) : (
		<span class="mono">{safe(key)}</span>
	);
}

/** By bytes over all flows that are kept, or by the number of those that are active. */
function Top({ title, help, area, dimension, field, empty }: TopProps) {
	const metric = useSignal<Metric>("bytes");
	const by = metric.value;
	const live = by === "bytes" ? "both" : liveness.value;
	const answer = usePolled<Aggregate>(
		`aggregate/${dimension}`,
		{ metric: by, top_n: 10, live, filter: globalFilter.value || null },
		3,
	).data.value;
	const items = (answer?.items ?? []).filter((item) => item.key !== "");
	const link = (key: string) =>
		flowsWith(filter.term(field, key), { live: live === "both" ? "both" : null });
	const bars: Bar[] = items.map((item) => ({
		key: item.key,
		value: item[by],
		href: link(item.key),
		title: `${safe(item.label ?? "")} ${safe(item.key)}\n${fmt.count(item.bytes)} bytes in ${fmt.count(item.count)} flows`,
		label: labelOf(field, item),
		more:
			by === "bytes"
				? `${fmt.countShort(item.count)} ${item.count === 1 ? "flow" : "flows"}`
				: fmt.bytes(item.bytes, units.value),
		text: by === "bytes" ? fmt.bytes(item.bytes, units.value) : fmt.countShort(item.count),
	}));
	return (
		<Panel
			title={title}
			help={`${help}; by bytes of active and lately closed flows, or by the number of active ones`}
			area={area}
			controls={<MetricSwitch metric={metric} name={title} />}
			open={href("/flows", { group: field })}
			table={() => ({
				head: [field, "Name", "Flows", "Bytes"],
				rows: items.map((i) => ({
					key: i.key,
					label: safe(i.key),
					href: link(i.key),
					cells: [safe(i.label), fmt.count(i.count), fmt.bytes(i.bytes, units.value)],
					exact: [i.label, i.count, i.bytes],
				})),
			})}
		>
			{answer ? (
				<Bars bars={bars} empty={empty} />
			) : (
				<p class="faint panel-empty">Loading…</p>
			)}
		</Panel>
	);
}

export function Tops() {
	return (
		<>
			<Top
				title="Top sources"
				help="Who opened the connections"
				area="a-src"
				dimension="source-ip"
				field="src.ip"
				empty="No flows."
			/>
			<Top
				title="Top destinations"
				help="Where the connections go"
				area="a-dst"
				dimension="destination-ip"
				field="dst.ip"
				empty="No flows."
			/>
			<Top
				title="Top ports"
				help="Destination ports"
				area="a-port"
				dimension="ports"
				field="dst.port"
				empty="No flows with ports."
			/>
			<Top
				title="Top names"
				help="Names that clients asked for (SNI, QUIC, HTTP) or that DNS gave"
				area="a-name"
				dimension="name"
				field="dst.host"
				empty="No names yet: they come with the first TLS, QUIC or HTTP hello."
			/>
		</>
	);
}
