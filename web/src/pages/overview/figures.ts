// SPDX-License-Identifier: BSD-2-Clause
// The figures behind the Overview's panels: from the live summary, or, when the page is filtered,
// asked for with that filter every two seconds.

import { computed, effect, signal, untracked } from "@preact/signals";
import { ask } from "../../api/client";
import { now, paused, refreshes, summary } from "../../api/state";
import type { Aggregate, Summary } from "../../api/types";
import { globalFilter } from "../../core/pagefilter";
import { liveness } from "../../core/time";
import { t } from "../../words/t";

export interface Figures {
	state: Record<string, number>;
	matrix: Record<string, Record<string, number>>;
}

function fromSummary(s: Summary): Figures {
	return { state: s.by_state, matrix: s.protocol_state };
}

const filtered = signal<Figures | null>(null);
export const filterFailed = signal<string | null>(null);

const counts = (a: Aggregate) =>
	Object.fromEntries(a.items.filter((i) => i.key).map((i) => [i.key.toUpperCase(), i.count]));
interface MatrixAnswer {
	rows: string[];
	columns: string[];
	cells: number[][];
}

function matrixFrom(m: MatrixAnswer): Record<string, Record<string, number>> {
	return Object.fromEntries(
		m.rows.map((row, i) => [
			row.toUpperCase(),
			Object.fromEntries(
				m.columns
					.map((c, j): [string, number] => [c, m.cells[i]?.[j] ?? 0])
					.filter(([, n]) => n > 0),
			),
		]),
	);
}

async function load(filter: string): Promise<Figures> {
	const one = (what: string) =>
		ask<Aggregate>(`aggregate/${what}`, {
			query: { filter, top_n: 40, live: liveness.peek() },
		});
	const [state, matrix] = await Promise.all([
		one("state"),
		ask<MatrixAnswer>("matrix/protocol/state", { query: { filter, live: liveness.peek() } }),
	]);
	return { state: counts(state), matrix: matrixFrom(matrix) };
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
				filterFailed.value = t("overview.cannotFollow");
			},
		);
	});
}

export const figures = computed<Figures | null>(() => {
	if (globalFilter.value) return filtered.value;
	return summary.value ? fromSummary(summary.value) : null;
});
