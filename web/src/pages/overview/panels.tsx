// SPDX-License-Identifier: BSD-2-Clause
// The panels of the Overview. Each reads the figures at hand and links into Flows.

import { type Signal, useSignal } from "@preact/signals";
import type { Aggregate } from "../../api/types";
import { Bars, type Bar } from "../../charts/bars";
import { Doughnut } from "../../charts/doughnut";
import { MatrixBars, MatrixTable, matrixOf } from "../../charts/matrix";
import * as filter from "../../lib/filter";
import * as fmt from "../../lib/format";
import { flowsWith, globalFilter } from "../../lib/global";
import { usePolled } from "../../lib/poll";
import { href } from "../../lib/route";
import { units } from "../../lib/settings";
import { safe } from "../../lib/text";
import { Panel, Twin } from "../../ui/panel";
import { protoTint, stateKind } from "../../ui/cells";
import { STATE_ORDER } from "../../lib/states";
import type { Figures } from "./figures";

type Metric = "bytes" | "count";

function MetricSwitch({ metric, name }: { metric: Signal<Metric>; name: string }) {
	return (
		<div class="segment tiny" role="group" aria-label={`${name} by`}>
			<button type="button" aria-pressed={metric.value === "bytes"} onClick={() => { metric.value = "bytes"; }}>Bytes</button>
			<button type="button" aria-pressed={metric.value === "count"} onClick={() => { metric.value = "count"; }}>Flows</button>
		</div>
	);
}

export function Protocols({ figures }: { figures: Figures }) {
	const entries = Object.entries(figures.protocol).sort((a, b) => b[1] - a[1]);
	const total = entries.reduce((n, [, v]) => n + v, 0);
	const slices = entries.map(([key, value]) => ({ key, value, tint: protoTint(key), href: flowsWith(filter.term("proto", key)) }));
	return (
		<Panel title="Protocols" help="Active flows by protocol" area="a-proto" table={() => <Twin caption="Flows by protocol" head={["Protocol", "Flows", "Share"]} rows={slices.map((s) => ({ key: s.key, label: safe(s.key), href: s.href, cells: [fmt.count(s.value), fmt.percent(s.value, total)] }))} />}>
			<Doughnut slices={slices} label="Flows by protocol" format={fmt.countShort} centre={<><strong>{fmt.countShort(total)}</strong><span>flows</span></>} />
		</Panel>
	);
}

export function States({ figures }: { figures: Figures }) {
	const known = [...STATE_ORDER.filter((s) => s in figures.state), ...Object.keys(figures.state).filter((s) => !STATE_ORDER.includes(s))];
	const bars: Bar[] = known.map((key) => ({
		key, label: safe(key), value: figures.state[key] ?? 0, text: fmt.count(figures.state[key]), href: flowsWith(filter.term("state", key)), tint: `k-${stateKind(key)}`,
	}));
	return (
		<Panel title="States" help="Active flows by conntrack state, from opening to end" area="a-state" table={() => <Twin caption="Flows by state" head={["State", "Flows"]} rows={bars.map((b) => ({ key: b.key, label: b.label, href: b.href, cells: [b.text] }))} />}>
			<Bars bars={bars} empty="No states: conntrack is not available, or there are no flows." />
		</Panel>
	);
}

export function ProtocolStates({ figures }: { figures: Figures }) {
	const matrix = matrixOf(figures.matrix, STATE_ORDER);
	const link = (proto: string, state: string) => flowsWith(filter.all(filter.term("proto", proto), filter.term("state", state)));
	return (
		<Panel title="Protocol × state" help="How many flows of each protocol are in which state; press a piece for those flows. Bar lengths follow the square root." area="a-matrix" table={() => <MatrixTable matrix={matrix} href={link} />}>
			{matrix.rows.length ? <MatrixBars matrix={matrix} href={link} /> : <p class="faint panel-empty">No flows.</p>}
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

/** By bytes over all flows that are kept, or by the number of those that are active. */
function Top({ title, help, area, dimension, field, empty }: TopProps) {
	const metric = useSignal<Metric>("bytes");
	const by = metric.value;
	const live = by === "bytes" ? "both" : "live";
	const answer = usePolled<Aggregate>(`aggregate/${dimension}`, { metric: by, top_n: 10, live, filter: globalFilter.value || null }, 3).data.value;
	const items = (answer?.items ?? []).filter((item) => item.key !== "");
	const link = (key: string) => flowsWith(filter.term(field, key), { live: live === "both" ? "both" : null });
	const bars: Bar[] = items.map((item) => ({
		key: item.key, value: item[by], href: link(item.key), title: `${safe(item.label ?? "")} ${safe(item.key)}\n${fmt.count(item.bytes)} bytes in ${fmt.count(item.count)} flows`,
		label: item.label ? <><bdi class="strong">{safe(item.label)}</bdi> <span class="mono faint">{safe(item.key)}</span></> : <span class="mono">{safe(item.key)}</span>,
		more: by === "bytes" ? `${fmt.countShort(item.count)} fl` : fmt.bytes(item.bytes, units.value),
		text: by === "bytes" ? fmt.bytes(item.bytes, units.value) : fmt.countShort(item.count),
	}));
	return (
		<Panel
			title={title} help={`${help}; by bytes of active and lately closed flows, or by the number of active ones`} area={area}
			controls={<MetricSwitch metric={metric} name={title} />} open={href("/flows", { group: field })}
			table={() => <Twin caption={title} head={["Who", "Flows", "Bytes"]} rows={items.map((i) => ({ key: i.key, label: safe(i.label ? `${i.label} (${i.key})` : i.key), href: link(i.key), cells: [fmt.count(i.count), fmt.bytes(i.bytes, units.value)] }))} />}
		>
			{answer ? <Bars bars={bars} empty={empty} /> : <p class="faint panel-empty">Loading…</p>}
		</Panel>
	);
}

export function Tops() {
	return (
		<>
			<Top title="Top sources" help="Who opened the connections" area="a-src" dimension="source-ip" field="src.ip" empty="No flows." />
			<Top title="Top destinations" help="Where the connections go" area="a-dst" dimension="destination-ip" field="dst.ip" empty="No flows." />
			<Top title="Top ports" help="Destination ports" area="a-port" dimension="ports" field="dst.port" empty="No flows with ports." />
			<Top title="Top names" help="Names that clients asked for (SNI, QUIC, HTTP) or that DNS gave" area="a-name" dimension="name" field="dst.host" empty="No names yet: they come with the first TLS, QUIC or HTTP hello." />
		</>
	);
}
