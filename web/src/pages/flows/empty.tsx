// SPDX-License-Identifier: BSD-2-Clause
// What stands in place of rows when there are none: why, and what to do. When a filter is the
// reason, each of its terms says how many flows it matches by itself, and how many show without it.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask, reason, ApiError } from "../../api/client";
import { ofPast } from "../../api/ofpast";
import { linkState, summary } from "../../api/state";
import type { List, Flow, Problem } from "../../api/types";
import type { LiveView } from "../../api/view";
import * as filter from "../../core/filter";
import * as fmt from "../../core/format";
import { askedTerms, clearFilters, dropTerm, flowTerms } from "../../core/pagefilter";
import { setParams } from "../../core/route";
import { safe } from "../../core/text";
import { past } from "../../core/time";
import { Icon } from "../../ui/icons";
import { NoAnswer, Notice } from "../../ui/notice";
import { live, scope, scopeIsGuess } from "./state";
import { rich, t } from "../../words/t";

interface Part {
	label: string;
	/** flows that it matches by itself, and that would show without it */
	alone: number;
	without: number;
	drop: () => void;
}

type Where = { terms: string[]; live: string; scope: string };

async function matched({ terms, live: liveness, scope: where }: Where): Promise<number> {
	const list = await ask<List<Flow>>("flows", {
		query: ofPast("flows", {
			filter: filter.all(...terms),
			live: liveness,
			scope: where,
			limit: 1,
		}),
	});
	return list.page.matched;
}

async function partOf(
	label: string,
	alone: Where,
	without: Where,
	drop: () => void,
): Promise<Part> {
	const [by, rest] = await Promise.all([matched(alone), matched(without)]);
	return { label, alone: by, without: rest, drop };
}

const EXPLAINED = 8;

/** Everything that the list is narrowed by, with what it does. */
function explain(now: Where): Promise<Part[]> {
	const open: Where = { terms: [], live: "both", scope: "all" };
	const parts = now.terms
		.slice(0, EXPLAINED)
		.map((term, i) =>
			partOf(
				term,
				{ ...open, terms: [term] },
				{ ...now, terms: now.terms.filter((_, j) => j !== i) },
				() => dropTerm(i),
			),
		);
	if (now.scope !== "all")
		parts.push(
			partOf(
				t("flows.scopeIs", { scope: now.scope }),
				{ ...open, scope: now.scope },
				{ ...now, scope: "all" },
				() => setParams({ scope: "all" }, true),
			),
		);
	if (now.live !== "both")
		parts.push(
			partOf(
				t(now.live === "live" ? "flows.liveOnly" : "flows.closedOnly"),
				{ ...open, live: now.live },
				{ ...now, live: "both" },
				() => setParams({ live: "both" }, true),
			),
		);
	return Promise.all(parts);
}

function NoneMatch({ total }: { total: number }) {
	const parts = useSignal<Part[]>([]);
	const failed = useSignal<string | null>(null);
	const key = `${flowTerms.value.join("\n")}|${live.value}|${scope.value}`;
	useEffect(() => {
		let current = true;
		explain({ terms: askedTerms.peek(), live: live.peek(), scope: scope.peek() }).then(
			(found) => {
				if (current) parts.value = found;
			},
			(error: unknown) => {
				if (current && error instanceof ApiError) failed.value = reason(error);
			},
		);
		return () => {
			current = false;
		};
	}, [key]);
	return (
		<Notice icon="filter" title={t("flows.noneMatch", { n: total })}>
			{parts.value.length ? (
				<table class="why-none">
					<thead>
						<tr>
							<th scope="col">{t("flows.shownOnly")}</th>
							<th scope="col">{t("flows.byItself")}</th>
							<th scope="col">{t("flows.withoutIt")}</th>
							<th scope="col">
								<span class="visually-hidden">{t("flows.action")}</span>
							</th>
						</tr>
					</thead>
					<tbody>
						{parts.value.map((part) => (
							<tr key={part.label}>
								<th scope="row">
									<code>{safe(part.label)}</code>
								</th>
								<td>{fmt.count(part.alone)}</td>
								<td class={part.without ? "strong" : ""}>
									{fmt.count(part.without)}
								</td>
								<td>
									<button
										type="button"
										class="ghost icon-only"
										aria-label={t("flows.removeTerm", { label: part.label })}
										title={t("flows.remove")}
										onClick={part.drop}
									>
										<Icon name="close" size={14} />
									</button>
								</td>
							</tr>
						))}
					</tbody>
				</table>
			) : null}
			{failed.value ? <p>{failed.value}</p> : null}
			<button
				type="button"
				onClick={() => {
					clearFilters();
					setParams({ scope: "all" });
				}}
			>
				{t("flows.clearAllFilters")}
			</button>
		</Notice>
	);
}

function NoTraffic() {
	const links = summary.value?.interfaces ?? [];
	if (!links.length)
		return (
			<Notice icon="warn" title={t("flows.noInterface")}>
				<p>{t("flows.nothingCountedYet")}</p>
				<pre>
					<code>sudo flowbpf attach eth0</code>
				</pre>
				<p>
					{rich("flows.whatLists", {
						link: <code>ip -br link</code>,
						doctor: <code>flowbpf doctor</code>,
					})}
				</p>
			</Notice>
		);
	const names = links.map((l) => `${safe(l.name)} (${safe(l.hook)})`).join(", ");
	return (
		<Notice icon="flows" title={t("flows.noConnectionsYet")}>
			<p>
				{rich("flows.attachedTo", {
					names,
					ping: <code>ping</code>,
					curl: <code>curl</code>,
				})}
			</p>
		</Notice>
	);
}

function BadFilter({ problem }: { problem: Problem }) {
	const first = problem.errors?.[0];
	return (
		<Notice icon="warn" title={t("flows.filterCannotRead")}>
			<p>{first?.detail ?? problem.detail ?? problem.title}</p>
			<button type="button" onClick={clearFilters}>
				{t("flows.clearAllFilters")}
			</button>
		</Notice>
	);
}

/** Null when there are rows to show. */
export function Empty({ view, total }: { view: LiveView; total: number }) {
	const problem = view.problem.value;
	if (problem && problem.status === 403)
		return (
			<Notice icon="lock" title={t("flows.notPermittedTitle")}>
				<p>{problem.detail ?? t("flows.roleMayNotRead")}</p>
			</Notice>
		);
	if (problem) return <BadFilter problem={problem} />;
	if (linkState.value === "signed-out")
		return (
			<Notice icon="lock" title={t("word.signedOut")}>
				<p>{t("flows.signInToSee")}</p>
			</Notice>
		);
	if (!view.ready.value && linkState.value !== "live" && linkState.value !== "connecting")
		return <NoAnswer />;
	if (!view.ready.value || view.matched.value > 0 || scopeIsGuess.value) return null;
	const filtered = flowTerms.value.length > 0 || scope.value !== "all" || live.value !== "both";
	if (total > 0 && filtered) return <NoneMatch total={total} />;
	return past.value ? <Notice icon="history" title={t("flows.noneThen")} /> : <NoTraffic />;
}
