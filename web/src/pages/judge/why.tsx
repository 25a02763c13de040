// SPDX-License-Identifier: BSD-2-Clause
// Why the judge says of a flow what it says: each reason with its points and its fact, what the
// learned judge went by, and what would change it.

import type { FlowJudge } from "../../api/schema";
import type { Flow } from "../../api/types";
import * as filter from "../../core/filter";
import * as fmt from "../../core/format";
import { href } from "../../core/route";
import { safe } from "../../core/text";
import { decisive, KIND } from "../../data/judge";
import { rich, t } from "../../words/t";
import { Teach } from "./teach";

function Verdict({ judge }: { judge: FlowJudge }) {
	return (
		<p class="judged">
			<span class={`risk ${KIND[judge.class]}`}>
				<strong>{judge.risk}</strong> <bdi>{judge.class}</bdi>
			</span>
			<bdi class={`state ${KIND[judge.action]}`}>{judge.action}</bdi>
		</p>
	);
}

function Reasons({ judge }: { judge: FlowJudge }) {
	if (!judge.evidence.length) return <p class="faint">{t("judge.nothingOdd")}</p>;
	return (
		<ul class="reasons">
			{judge.evidence.map(({ kind, points, why }) => (
				<li key={kind}>
					<strong class="points">+{points}</strong>
					<span>
						<a
							class="mono"
							href={href("/flows", {
								q: filter.term("evidence", kind, "~"),
								live: "both",
							})}
						>
							{safe(kind)}
						</a>{" "}
						{safe(why)}
					</span>
				</li>
			))}
		</ul>
	);
}

/** The second judge: what it says, how sure it is, by which facts. */
function Learned({ judge }: { judge: FlowJudge }) {
	if (judge.learned === undefined) return null;
	return (
		<div class="learned">
			<p>
				{rich(judge.abstains ? "judge.learnedUnsure" : "judge.learnedSays", {
					word: <bdi>{judge.learned}</bdi>,
					sure: fmt.percent(judge.confidence ?? 0, 1),
				})}
			</p>
			<ul class="mono faint">
				{(judge.cells ?? []).map((cell) => (
					<li key={cell}>{safe(cell)}</li>
				))}
			</ul>
		</div>
	);
}

/** What would have to be otherwise. */
function Otherwise({ judge }: { judge: FlowJudge }) {
	const by = decisive(judge).slice(0, 2);
	const torn = judge.agree === false && !judge.abstains && judge.taught === undefined;
	if (!by.length && !torn && judge.taught === undefined) return null;
	return (
		<ul class="faint">
			{judge.taught === undefined ? null : (
				<li>{t("judge.taught", { word: judge.taught })}</li>
			)}
			{by.map(({ kind, then }) => (
				<li key={kind}>{t("judge.without", { kind, then })}</li>
			))}
			{torn ? (
				<li>
					{t("judge.torn", {
						rules: judge.rules,
						learned: judge.learned ?? "",
						action: judge.action,
					})}
				</li>
			) : null}
		</ul>
	);
}

export function Why({ f }: { f: Flow }) {
	const { judge } = f;
	if (!judge) return null;
	return (
		<div class="why-judged">
			<Verdict judge={judge} />
			<Reasons judge={judge} />
			<Otherwise judge={judge} />
			<Learned judge={judge} />
			<Teach key={f.id} f={f} />
		</div>
	);
}
