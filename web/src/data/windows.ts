// SPDX-License-Identifier: BSD-2-Clause
// The windows of several lists as one. Pure.

import type { Window } from "../api/types";

/** Newest last, each id once. */
export function mergeWindows(...lists: Window[][]): Window[] {
	const byId = new Map<number, Window>();
	for (const list of lists) for (const one of list) byId.set(one.id, one);
	return [...byId.values()].sort((a, b) => a.id - b.id);
}
