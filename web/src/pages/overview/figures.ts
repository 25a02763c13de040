// SPDX-License-Identifier: BSD-2-Clause
// The figures behind the Overview's panels: from the live summary, or, when the page is filtered,
// asked for with that filter every two seconds.

import { computed, effect, signal, untracked } from "@preact/signals";
import { ask } from "../../api/client";
import { ofPast } from "../../api/ofpast";
import { now, paused, refreshes, summary } from "../../api/state";
import type { Aggregate, Summary } from "../../api/types";
import { globalFilter } from "../../core/pagefilter";
import { liveness, past } from "../../core/time";
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
			query: ofPast(`aggregate/${what}`, { filter, top_n: 40, live: liveness.peek() }),
		});
	const [state, matrix] = await Promise.all([
		one("state"),
		ask<MatrixAnswer>("matrix/protocol/state", {
			query: ofPast("matrix/protocol/state", { filter, live: liveness.peek() }),
		}),
	]);
	return { state: counts(state), matrix: matrixFrom(matrix) };
}

/** What of all flows is shown; empty: all of now. */
const shown = computed(() =>
	globalFilter.value || past.value ? JSON.stringify([globalFilter.value, past.value]) : "",
);

/** Follow the filter and the time while the page is open. */
export function follow(): () => void {
	let [beat, last] = [0, ""];
	return effect(() => {
		const key = shown.value;
		refreshes.value;
		now.value;
		if (key !== last) beat = 0;
		last = key;
		if (!key) {
			filtered.value = null;
			filterFailed.value = null;
			return;
		}
		const every = past.peek() ? 30 : 2;
		if (untracked(() => filtered.value && paused.value) || beat++ % every) return;
		load(globalFilter.peek()).then(
			(figures) => {
				if (shown.peek() === key) filtered.value = figures;
				filterFailed.value = null;
			},
			() => {
				filterFailed.value = t("overview.cannotFollow");
			},
		);
	});
}

export const figures = computed<Figures | null>(() => {
	if (shown.value) return filtered.value;
	return summary.value ? fromSummary(summary.value) : null;
});
