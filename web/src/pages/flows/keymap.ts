// SPDX-License-Identifier: BSD-2-Clause
// Keys of the Flows page.

import type { Key } from "../../core/keys";
import { setParams } from "../../core/route";
import { groupBy, type Live, live, rerank } from "./state";

const GROUP = "Flows";

function focusFirst(): void {
	document
		.querySelector<HTMLElement>('.grid [role="row"][data-index]')
		?.focus({ preventScroll: true });
}

const NEXT_LIVE: Record<Live, Live> = { live: "closed", closed: "both", both: "live" };

export function flowKeys(closeOpen: () => void): Key[] {
	return [
		{ group: GROUP, keys: "R", does: "Sort anew while the order is held", run: rerank },
		{
			group: GROUP,
			keys: "j",
			does: "Into the table; then j/k or arrows, Enter opens, . menu",
			run: focusFirst,
		},
		{ group: GROUP, keys: "e", does: "On a row: only its destination", run: () => {} },
		{ group: GROUP, keys: "E", does: "On a row: without its destination", run: () => {} },
		{ group: GROUP, keys: "c", does: "On a row: copy the destination", run: () => {} },
		{
			group: GROUP,
			keys: "D",
			does: "On a row: delete its conntrack entry (asks)",
			run: () => {},
		},
		{
			group: GROUP,
			keys: "a",
			does: "Grouped by source, or flat",
			run: () => setParams({ group: groupBy.value ? null : "src.ip", open: null }),
		},
		{
			group: GROUP,
			keys: "t",
			does: "Live, closed, both",
			run: () => setParams({ live: NEXT_LIVE[live.value] }),
		},
		{ group: GROUP, keys: "Escape", does: "Close the details", run: closeOpen },
	];
}
