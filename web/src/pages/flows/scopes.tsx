// SPDX-License-Identifier: BSD-2-Clause
// Which side talks to which: a click away, with how many flows there are of each; and how many
// closed ones match while only live ones are shown.

import type { Aggregate, List } from "../../api/types";
import { countShort } from "../../core/format";
import { flowFilter, flowTerms } from "../../core/pagefilter";
import { setParams } from "../../core/route";
import { usePolled } from "../../data/polled";
import { Segment } from "../../ui/segment";
import { live, scope, scopes } from "./state";
import { t } from "../../words/t";

function useCounts(): Map<string, number> | null {
	const answer = usePolled<Aggregate>(
		"aggregate/scope",
		{ live: live.value, filter: flowFilter.value || null },
		3,
	).data.value;
	if (!answer) return null;
	const counts = new Map(answer.items.map((i) => [i.key, i.count]));
	counts.set(
		"all",
		answer.items.reduce((n, i) => n + i.count, 0),
	);
	return counts;
}

const pick = (key: string) => setParams({ scope: key });

export function Scopes({ wide }: { wide: boolean }) {
	const counts = useCounts();
	const numberOf = (key: string) => (counts ? countShort(counts.get(key) ?? 0) : "");
	if (!wide)
		return (
			<label class="picker">
				<span>{t("flows.scope")}</span>
				<select
					name="scope"
					value={scope.value}
					onChange={(event) => pick(event.currentTarget.value)}
				>
					{scopes.value.map(([key, word]) => (
						<option key={key} value={key}>
							{counts && key !== scope.value ? `${word} (${numberOf(key)})` : word}
						</option>
					))}
				</select>
			</label>
		);
	return (
		<Segment
			kind="scopes"
			label={t("flows.scope")}
			value={scope.value}
			options={scopes.value}
			onPick={pick}
			after={(key) => (
				<>
					{" "}
					<span class="scope-n">{numberOf(key)}</span>
				</>
			)}
		/>
	);
}

/** What is looked for may have ended meanwhile. */
export function ClosedHint() {
	const asked = live.value === "live" && flowTerms.value.length > 0;
	const closed = usePolled<List<unknown>>(
		asked ? "flows" : null,
		{ live: "closed", scope: scope.value, filter: flowFilter.value, limit: 1, fields: "id" },
		4,
	).data.value?.page.matched;
	if (!asked || !closed) return null;
	return (
		<button
			type="button"
			class="chip closed-hint"
			title={t("flows.showEnded")}
			onClick={() => setParams({ live: "both" })}
		>
			{t("flows.nClosedMatch", { n: closed })}
		</button>
	);
}
