// SPDX-License-Identifier: BSD-2-Clause
// Applying the stream's "rows" events to a table kept in the page. Pure: no DOM, no signals; the
// caller hears which rows changed and wakes only those.

import type { RowsEvent, Value } from "./types";

interface Row {
	id: string;
	values: Value[];
}

export interface Table {
	epoch: number;
	/** rows before the first one here */
	off: number;
	ids: string[];
	rows: Map<string, Row>;
}

export interface Change {
	/** the list of ids is not what it was */
	order: boolean;
	/** ids whose values changed */
	touched: Set<string>;
	/** the event does not fit: ask for a fresh view */
	broken: boolean;
}

export function emptyTable(): Table {
	return { epoch: -1, off: 0, ids: [], rows: new Map() };
}

export function apply(table: Table, event: RowsEvent): Change {
	const change: Change = { order: false, touched: new Set(), broken: false };
	if (!event.reset && event.e !== table.epoch) {
		change.broken = true;
		return change;
	}
	if (event.reset) {
		table.epoch = event.e;
		if (!event.ids) table.ids = [];
	}
	if (event.off !== undefined && event.off !== table.off) {
		table.off = event.off;
		change.order = true;
	}
	for (const [id, values] of Object.entries(event.new ?? {})) {
		const row = table.rows.get(id);
		if (row) row.values = values;
		else table.rows.set(id, { id, values });
		change.touched.add(id);
	}
	if (event.ids) reorder(table, event.ids, change);
	for (const [index, column, value] of event.set ?? []) {
		const id = table.ids[index];
		const row = id === undefined ? undefined : table.rows.get(id);
		if (!row) {
			change.broken = true;
			continue;
		}
		if (!change.touched.has(row.id)) {
			row.values = row.values.slice();
			change.touched.add(row.id);
		}
		row.values[column] = value;
	}
	return change;
}

function reorder(table: Table, ids: string[], change: Change): void {
	const same = ids.length === table.ids.length && ids.every((id, i) => id === table.ids[i]);
	if (!same || change.order) change.order = true;
	table.ids = ids;
	const keep = new Set(ids);
	for (const id of table.rows.keys()) if (!keep.has(id)) table.rows.delete(id);
	if (ids.some((id) => !table.rows.has(id))) change.broken = true;
}

/** Ids that stay where they are: those that are gone leave no hole, new ones come last. */
export function steady(shown: string[], next: string[]): string[] {
	const there = new Set(next);
	const kept = new Set(shown.filter((id) => there.has(id)));
	return [...kept, ...next.filter((id) => !kept.has(id))];
}
