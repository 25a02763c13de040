// SPDX-License-Identifier: BSD-2-Clause
// Keys of the Flows page.

import type { Key } from "../../core/keys";
import { setParams } from "../../core/route";
import { groupBy, type Live, live, rerank } from "./state";
import { t } from "../../words/t";

const GROUP = t("word.flows");

function focusFirst(): void {
	document
		.querySelector<HTMLElement>('.grid [role="row"][data-index]')
		?.focus({ preventScroll: true });
}

const NEXT_LIVE: Record<Live, Live> = { live: "closed", closed: "both", both: "live" };

export function flowKeys(closeOpen: () => void): Key[] {
	return [
		{ group: GROUP, keys: "R", does: t("keys.rerank"), run: rerank },
		{
			group: GROUP,
			keys: "j",
			does: t("keys.intoTable"),
			run: focusFirst,
		},
		{ group: GROUP, keys: "e", does: t("keys.rowOnlyDestination"), run: () => {} },
		{ group: GROUP, keys: "E", does: t("keys.rowWithoutDestination"), run: () => {} },
		{ group: GROUP, keys: "c", does: t("keys.rowCopyDestination"), run: () => {} },
		{
			group: GROUP,
			keys: "D",
			does: t("keys.rowDeleteConntrack"),
			run: () => {},
		},
		{
			group: GROUP,
			keys: "a",
			does: t("keys.groupedSourceFlat"),
			run: () => setParams({ group: groupBy.value ? null : "src.ip", open: null }),
		},
		{
			group: GROUP,
			keys: "t",
			does: t("keys.liveClosedBoth"),
			run: () => setParams({ live: NEXT_LIVE[live.value] }),
		},
		{ group: GROUP, keys: "Escape", does: t("keys.closeDetails"), run: closeOpen },
	];
}
