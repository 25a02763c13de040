// SPDX-License-Identifier: BSD-2-Clause
// Afloat over the table, so that it moves no row: what is not shown because somebody reads, or types.

import { paused } from "../../api/state";
import type { LiveView } from "../../api/view";
import { count } from "../../core/format";
import { held, rerank } from "./state";

/** While the order is held: what would have moved, and the key that moves it. */
export function HeldPill({ view }: { view: LiveView }) {
	if (view.behind.value)
		return <span class="held">No match yet: these are of the filter before</span>;
	const stats = view.stats.value;
	if (!held.value || paused.value || !stats || (!stats.new && !stats.moved)) return null;
	return (
		<button
			type="button"
			class="held"
			title="The order is held while you read; figures go on"
			onClick={rerank}
		>
			{stats.new ? `${count(stats.new)} new` : ""}
			{stats.new && stats.moved ? " · " : ""}
			{stats.moved ? `${count(stats.moved)} moved` : ""}
			<span class="held-act">
				re-rank <kbd>R</kbd>
			</span>
		</button>
	);
}
