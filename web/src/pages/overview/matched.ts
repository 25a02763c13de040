// SPDX-License-Identifier: BSD-2-Clause
// What the filter matches, second by second: figures and a trace for tiles and chart while the page
// is filtered. The server keeps no series of an arbitrary filter, so the trace begins with it.

import { computed, effect, signal, untracked } from "@preact/signals";
import { ask } from "../../api/client";
import { now, paused } from "../../api/state";
import type { Flow, List } from "../../api/types";
import type { RateData } from "../../data/series";
import * as filter from "../../core/filter";
import { iface, q } from "../../core/pagefilter";

const KEPT = 300;

interface Matched extends RateData {
	flows: (number | null)[];
}

/** The filter without the chosen time: a trace is of now. */
export const narrowedBy = computed(() =>
	filter.all(q.value, ...filter.quickTerms({ iface: iface.value })),
);

const EMPTY: Matched = { t: [], up: [], down: [], flows: [] };
export const matched = signal<Matched>(EMPTY);

const grown = <T>(list: T[], value: T) => [...list, value].slice(-KEPT);

async function load(text: string): Promise<void> {
	const { totals, as_of } = await ask<List<Flow>>("flows", {
		query: { filter: text, live: "live", limit: 1 },
	});
	if (narrowedBy.peek() !== text) return;
	const { t, up, down, flows } = matched.peek();
	const at = Date.parse(as_of) / 1000;
	if (at > (t[t.length - 1] ?? 0))
		matched.value = {
			t: grown(t, at),
			up: grown(up, totals.rate_bps.up),
			down: grown(down, totals.rate_bps.down),
			flows: grown(flows, totals.flows),
		};
}

/** Follow the filter while the page is open. */
export function followMatched(): () => void {
	const stopForget = effect(() => {
		narrowedBy.value;
		matched.value = EMPTY;
	});
	const stopAsk = effect(() => {
		now.value;
		const text = narrowedBy.value;
		if (text && !untracked(() => paused.value)) load(text).catch(() => {}); // the panels say what is wrong
	});
	return () => {
		stopForget();
		stopAsk();
	};
}
