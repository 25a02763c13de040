// SPDX-License-Identifier: BSD-2-Clause
// A list of the past: what is found in a moment first, then all of it, and how far that is.

import type { Past } from "../core/time";
import { ApiError, ask } from "./client";
import type { RowsEvent, Search, ViewBody } from "./types";
import { pollView } from "./unstreamed";

const MOMENT = "250ms";
const LOOK_MS = 400;

/** How far a list of the past was looked for. */
export interface Looked {
	/** it still is: this part of it, 0 to 1; null: no more */
	share: number | null;
	/** back to here only */
	reached: string | null;
}

interface Teller {
	rows: (event: RowsEvent) => void;
	looked: (how: Looked) => void;
}

const partly = (search: Search | undefined): Looked => ({
	share: null,
	reached: search && !search.done ? search.reached : null,
});

async function follow(name: string, signal: AbortSignal, { looked }: Teller): Promise<void> {
	while (!signal.aborted) {
		await new Promise((done) => setTimeout(done, LOOK_MS));
		const { items } = await ask<{ items: { search: string; share: number }[] }>("searches");
		const own = items.find(({ search }) => search === name);
		if (own && !signal.aborted) looked({ share: own.share, reached: null });
	}
}

/** Rows of that time, twice where there are many; throws what the first answer refuses. */
export async function searchPast(
	body: ViewBody,
	then: Past,
	signal: AbortSignal,
	teller: Teller,
): Promise<void> {
	const first = await pollView(body, { ...then, wait: MOMENT }, signal);
	if (signal.aborted) return;
	teller.rows(first);
	teller.looked(partly(first.search));
	if (!first.search || first.search.done) return;
	const over = new AbortController();
	const name = crypto.getRandomValues(new Uint32Array(1))[0]!.toString(36);
	teller.looked({ share: 0, reached: null });
	follow(name, over.signal, teller).catch(() => {}); // the rows come all the same
	const whole = await pollView(body, { ...then, search: name }, signal).catch(
		(error: unknown) => error,
	);
	over.abort();
	if (signal.aborted) return;
	if (whole instanceof ApiError && whole.problem.status === 504)
		return teller.looked(partly(first.search));
	if (whole instanceof Error) throw whole;
	teller.rows(whole as RowsEvent);
	teller.looked(partly((whole as RowsEvent).search));
}
