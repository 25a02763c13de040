// SPDX-License-Identifier: BSD-2-Clause
// A view without a stream: the list endpoint's answer in the form of a "rows" event.

import { ask } from "./client";
import type { List, RowsEvent, Summary, Value, ViewBody } from "./types";

let epoch = 1_000_000; // beyond any epoch that a stream has counted up to

function at(item: object, path: string): Value {
	let here: unknown = item;
	for (const part of path.split(".")) {
		if (here === null || typeof here !== "object") return null;
		here = (here as Record<string, unknown>)[part];
	}
	return (here ?? null) as Value;
}

export function pollSummary(): Promise<Summary> {
	return ask<Summary>("summary");
}

export async function pollView(body: ViewBody): Promise<RowsEvent> {
	const { filter, live, scope, group_by, sort, offset, limit } = body;
	const list = await ask<List<Record<string, unknown>>>("flows", {
		query: { filter, live, scope, group_by, sort, offset, limit },
	});
	const ids: string[] = [];
	const rows: Record<string, Value[]> = {};
	for (const item of list.items) {
		const id = String(group_by ? item.key : item.id);
		ids.push(id);
		rows[id] = body.columns.map((column) => at(item, column));
	}
	return {
		view: body.view,
		e: ++epoch,
		reset: true,
		total: list.page.total,
		matched: list.page.matched,
		totals: list.totals,
		off: list.page.offset,
		ids,
		new: rows,
	};
}
