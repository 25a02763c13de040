// SPDX-License-Identifier: BSD-2-Clause
// Below the rows of the past: how far a long search is, or how far it came.

import type { LiveView } from "../../api/view";
import * as fmt from "../../core/format";
import { t } from "../../words/t";

export function Looking({ view }: { view: LiveView }) {
	const { share, reached } = view.looked.value;
	if (share !== null)
		return (
			<p class="looking" role="status">
				{t("flows.looking", { part: fmt.percent(share, 1) })}{" "}
				<progress value={share} max={1} aria-label={t("flows.lookingFor")} />
				<button type="button" class="chip" onClick={view.giveUp}>
					{t("flows.enough")}
				</button>
			</p>
		);
	if (!reached) return null;
	return (
		<p class="looking" role="status">
			{t("flows.lookedBackTo", { time: fmt.fullTime(reached).slice(0, 19) })}
		</p>
	);
}
