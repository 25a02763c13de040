// SPDX-License-Identifier: BSD-2-Clause
// What stands in place of rows when there are none: why, and what to do. When a filter is the
// reason, each of its terms says how many flows it alone keeps away.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask, reason, ApiError } from "../../api/client";
import { linkState, retryNow, summary } from "../../api/live";
import type { List, Flow, Problem } from "../../api/types";
import type { LiveView } from "../../api/view";
import * as filter from "../../lib/filter";
import * as fmt from "../../lib/format";
import { clearFilters, dropTerm, flowTerms } from "../../lib/global";
import { setParams } from "../../lib/route";
import { safe } from "../../lib/text";
import { Notice } from "../../ui/notice";
import { live, scope } from "./state";

interface Part {
	label: string;
	removes: number | null;
	drop: () => void;
}

async function matched(text: string, liveness: string, where: string): Promise<number> {
	const list = await ask<List<Flow>>("flows", { query: { filter: text, live: liveness, scope: where, limit: 1 } });
	return list.page.matched;
}

/** Every term with the number of flows that would show without it. */
async function explain(terms: string[], liveness: string, where: string): Promise<Part[]> {
	const parts = terms.slice(0, 8).map(async (term, i): Promise<Part> => ({
		label: term, drop: () => dropTerm(i),
		removes: await matched(filter.all(...terms.filter((_, j) => j !== i)), liveness, where),
	}));
	const all = filter.all(...terms);
	if (where !== "all")
		parts.push(matched(all, liveness, "all").then((n) => ({ label: `scope ${where}`, removes: n, drop: () => setParams({ scope: null }, true) })));
	if (liveness !== "both")
		parts.push(matched(all, "both", where).then((n) => ({ label: `${liveness} only`, removes: n, drop: () => setParams({ live: "both" }, true) })));
	return Promise.all(parts);
}

function NoneMatch({ total }: { total: number }) {
	const parts = useSignal<Part[]>([]);
	const failed = useSignal<string | null>(null);
	const key = `${flowTerms.value.join("\n")}|${live.value}|${scope.value}`;
	useEffect(() => {
		let current = true;
		explain(flowTerms.peek(), live.peek(), scope.peek()).then(
			(found) => { if (current) parts.value = found; },
			(error: unknown) => { if (current && error instanceof ApiError) failed.value = reason(error); },
		);
		return () => { current = false; };
	}, [key]);
	return (
		<Notice icon="filter" title={`0 of ${fmt.count(total)} flows match`}>
			{parts.value.length ? (
				<ul class="why-none">
					{parts.value.map((part) => (
						<li key={part.label}>
							<code>{safe(part.label)}</code>
							<span>{part.removes ? `keeps ${fmt.count(part.removes)} away` : "is not the reason alone"}</span>
							<button type="button" class="chip" aria-label={`Remove ${part.label}`} onClick={part.drop}>remove</button>
						</li>
					))}
				</ul>
			) : null}
			{failed.value ? <p>{failed.value}</p> : null}
			<button type="button" onClick={() => { clearFilters(); setParams({ scope: null }); }}>Clear all filters</button>
		</Notice>
	);
}

function NoTraffic() {
	const links = summary.value?.interfaces ?? [];
	if (!links.length)
		return (
			<Notice icon="warn" title="No interface is attached">
				<p>Nothing is counted yet. In a terminal on this machine:</p>
				<pre><code>sudo flowbpf attach eth0</code></pre>
				<p><code>ip -br link</code> lists the interfaces, <code>flowbpf doctor</code> says what may be missing.</p>
			</Notice>
		);
	const names = links.map((l) => `${safe(l.name)} (${safe(l.hook)})`).join(", ");
	return (
		<Notice icon="flows" title="No connections yet">
			<p>Attached to {names}. Connections show up with their first packet; to see one, try <code>ping</code> or <code>curl</code> through it.</p>
		</Notice>
	);
}

function BadFilter({ problem }: { problem: Problem }) {
	const first = problem.errors?.[0];
	return (
		<Notice icon="warn" title="The filter cannot be read">
			<p>{first?.detail ?? problem.detail ?? problem.title}</p>
			<button type="button" onClick={clearFilters}>Clear all filters</button>
		</Notice>
	);
}

/** Null when there are rows to show. */
export function Empty({ view, total }: { view: LiveView; total: number }) {
	const problem = view.problem.value;
	if (problem && problem.status === 403)
		return <Notice icon="lock" title="Not permitted"><p>{problem.detail ?? "Your role may not read flows."}</p></Notice>;
	if (problem) return <BadFilter problem={problem} />;
	if (!view.ready.value && linkState.value !== "live" && linkState.value !== "connecting")
		return (
			<Notice icon="warn" title="flowbpf does not answer">
				<p>The daemon may have stopped. On its machine: <code>flowbpf status</code>, or start it with</p>
				<pre><code>sudo flowbpf attach eth0</code></pre>
				<button type="button" onClick={retryNow}>Try again now</button>
			</Notice>
		);
	if (!view.ready.value || view.matched.value > 0) return null;
	const filtered = flowTerms.value.length > 0 || scope.value !== "all" || live.value !== "both";
	return total > 0 && filtered ? <NoneMatch total={total} /> : <NoTraffic />;
}
