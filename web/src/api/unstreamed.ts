// SPDX-License-Identifier: BSD-2-Clause
// A view without a stream: the list endpoint's answer in the form of a "rows" event.

import { ask, type Query } from "./client";
import type { List, RowsEvent, Summary, Value, ViewBody } from "./types";

let epoch = 1_000_000; // beyond any epoch that a stream has counted up to

export function pollSummary(): Promise<Summary> {
	return ask<Summary>("summary");
}

/** `past`: what time it is of, where it is none of now. */
export async function pollView(
	body: ViewBody,
	past: Query = {},
	signal?: AbortSignal,
): Promise<RowsEvent> {
	const { filter, live, scope, group_by, sort, offset, limit, columns } = body;
	const idField = group_by ? "key" : "id";
	const fields = [...new Set([idField, ...columns])].join(",");
	const list = await ask<List<Record<string, Value>>>("flows", {
		query: { filter, live, scope, group_by, sort, offset, limit, fields, ...past },
		...(signal ? { signal } : {}),
	});
	const ids: string[] = [];
	const rows: Record<string, Value[]> = {};
	for (const item of list.items) {
		const id = String(item[idField]);
		ids.push(id);
		rows[id] = columns.map((column) => item[column] ?? null);
	}
	return {
		view: body.view,
		e: ++epoch,
		reset: true,
		total: list.page.total,
		matched: list.page.matched,
		totals: list.totals,
		...(list.search ? { search: list.search } : {}),
		off: list.page.offset,
		ids,
		new: rows,
	};
}
