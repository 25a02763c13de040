// SPDX-License-Identifier: BSD-2-Clause
// Questions to the history, few at once: the server answers so many of one browser's, and refuses
// what is more.

import type { Query } from "./client";

const AT_ONCE = 4;

let asking = 0;
const waiting: (() => void)[] = [];

export const isOfPast = (path: string, query: Query = {}): boolean =>
	path.startsWith("history/") || query.source === "history" || !!query.at;

/** When it is its turn; the caller then says that it is over. */
export function turn(): Promise<void> {
	if (asking < AT_ONCE) {
		asking++;
		return Promise.resolve();
	}
	return new Promise((go) => waiting.push(go));
}

export function over(): void {
	const next = waiting.shift();
	if (next) next();
	else asking--;
}
