// SPDX-License-Identifier: BSD-2-Clause
// The figures behind the Overview's panels: from the live summary, or, when the page is filtered,
// asked for with that filter every two seconds.

import { computed, effect, signal, untracked } from "@preact/signals";
import { ask } from "../../api/client";
import { now, paused, refreshes, summary } from "../../api/live";
import type { Aggregate, Summary } from "../../api/types";
import { globalFilter } from "../../lib/global";

export interface TopFigure {
	key: string;
	name: string | null;
	count: number;
	bytes: number;
}

export interface Figures {
	protocol: Record<string, number>;
	state: Record<string, number>;
	matrix: Record<string, Record<string, number>>;
	sources: TopFigure[];
	destinations: TopFigure[];
	ports: TopFigure[];
	names: TopFigure[];
}

function fromSummary(s: Summary): Figures {
	return {
		protocol: s.by_protocol ?? {}, state: s.by_state ?? {}, matrix: s.protocol_state ?? {},
		sources: (s.top_sources ?? []).map((t) => ({ key: t.ip, name: t.host, count: t.count, bytes: t.bytes })),
		destinations: (s.top_destinations ?? []).map((t) => ({ key: t.ip, name: t.host, count: t.count, bytes: t.bytes })),
		ports: (s.top_ports ?? []).map((t) => ({ key: String(t.port), name: t.service, count: t.count, bytes: t.bytes })),
		names: (s.top_names ?? []).map((t) => ({ key: t.name, name: null, count: t.count, bytes: t.bytes })),
	};
}

const filtered = signal<Figures | null>(null);
export const filterFailed = signal<string | null>(null);

const counts = (a: Aggregate) => Object.fromEntries(a.items.filter((i) => i.key).map((i) => [i.key.toUpperCase(), i.count]));
const tops = (a: Aggregate): TopFigure[] => a.items.filter((i) => i.key).map((i) => ({ key: String(i.key), name: i.label ?? null, count: i.count, bytes: i.bytes }));

interface MatrixAnswer {
	rows: string[];
	columns: string[];
	cells: number[][];
}

function matrixFrom(m: MatrixAnswer): Record<string, Record<string, number>> {
	return Object.fromEntries(m.rows.map((row, i) => [row.toUpperCase(), Object.fromEntries(m.columns.map((c, j): [string, number] => [c, m.cells[i]?.[j] ?? 0]).filter(([, n]) => n > 0))]));
}

async function load(filter: string): Promise<Figures> {
	const one = (what: string, more = {}) => ask<Aggregate>(`aggregate/${what}`, { query: { filter, top_n: 10, metric: "bytes", live: "live", ...more } });
	const [protocol, state, sources, destinations, ports, names, matrix] = await Promise.all([
		one("protocol"), one("state"), one("source-ip"), one("destination-ip"), one("ports"), one("name"),
		ask<MatrixAnswer>("matrix/protocol/state", { query: { filter, live: "live" } }),
	]);
	return {
		protocol: counts(protocol), state: counts(state), matrix: matrixFrom(matrix), sources: tops(sources), destinations: tops(destinations),
		ports: tops(ports), names: tops(names),
	};
}

/** Follow the filter while the page is open. */
export function follow(): () => void {
	let beat = 0;
	return effect(() => {
		const text = globalFilter.value;
		refreshes.value;
		now.value;
		if (!text) {
			filtered.value = null;
			filterFailed.value = null;
			beat = 0;
			return;
		}
		if (untracked(() => filtered.value && paused.value) || beat++ % 2) return;
		load(text).then(
			(figures) => {
				if (globalFilter.peek() === text) filtered.value = figures;
				filterFailed.value = null;
			},
			() => {
				filterFailed.value = "The panels cannot follow this filter now.";
			},
		);
	});
}

export const figures = computed<Figures | null>(() => {
	if (globalFilter.value) return filtered.value;
	return summary.value ? fromSummary(summary.value) : null;
});
