// SPDX-License-Identifier: BSD-2-Clause
// Afloat over the table, so that it moves no row: what is not shown because somebody reads, or types.

import { paused } from "../../api/state";
import type { LiveView } from "../../api/view";
import { held, rerank } from "./state";
import { t } from "../../words/t";

/** While the order is held: what would have moved, and the key that moves it. */
export function HeldPill({ view }: { view: LiveView }) {
	if (view.behind.value) return <span class="held">{t("flows.noMatchYet")}</span>;
	const stats = view.stats.value;
	if (!held.value || paused.value || !stats || (!stats.new && !stats.moved)) return null;
	return (
		<button type="button" class="held" title={t("flows.orderHeld")} onClick={rerank}>
			{stats.new ? t("flows.nNew", { n: stats.new }) : ""}
			{stats.new && stats.moved ? " · " : ""}
			{stats.moved ? t("flows.nMoved", { n: stats.moved }) : ""}
			<span class="held-act">
				{t("flows.rerank")} <kbd>R</kbd>
			</span>
		</button>
	);
}
