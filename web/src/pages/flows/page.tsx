// SPDX-License-Identifier: BSD-2-Clause
// The Flows page: every connection that matches, live; flat or as an accordion; one in full
// beside it.

import { useEffect } from "preact/hooks";
import { summary } from "../../api/state";
import { type LiveView, useView } from "../../api/view";
import * as fmt from "../../core/format";
import { fieldsAsked } from "../../data/fields";
import { register } from "../../core/keys";
import { decoded, path } from "../../core/route";
import { units } from "../../core/settings";
import { past } from "../../core/time";
import { seldom } from "../../ui/later";
import { closeFlow } from "./acts";
import { Empty } from "./empty";
import { FlatTable } from "./flat";
import { HeldPill } from "./held";
import { flowKeys } from "./keymap";
import { ClosedHint } from "./scopes";
import { tellColumns, groupBy, live, wantedFlat, wantedGroups, watchSelection } from "./state";
import { Toolbar } from "./toolbar";
import { rich, t } from "../../words/t";

/** How many flows there are before any filter. */
function totalOf(view: LiveView): number {
	const s = summary.value;
	const active = s?.active_flows ?? 0;
	const closed = s?.closed_flows ?? 0;
	const all = live.value === "live" ? active : live.value === "closed" ? closed : active + closed;
	return Math.max(all, groupBy.value ? 0 : view.total.value);
}

const strong = (n: string) => <strong>{n}</strong>;

function TotalsStrip({ view, total }: { view: LiveView; total: number }) {
	const sums = view.totals.value;
	if (!sums) return null;
	return (
		<footer class="totals" aria-label={t("flows.totals")}>
			<span>
				{rich("flows.nFlows", { n: sums.flows }, strong)}
				{total > sums.flows ? (
					<span class="faint"> {t("flows.ofTotal", { total })}</span>
				) : null}
			</span>
			{sums.hosts != null ? (
				<span class="roomy-only">{rich("flows.nHosts", { n: sums.hosts }, strong)}</span>
			) : null}
			<ClosedHint />
			<span class="spring" />
			<span title={t("flows.nBytesUp", { n: sums.bytes.up })}>
				<span class="arrow up" aria-hidden="true">
					↑
				</span>{" "}
				<span class="visually-hidden">{t("word.upload")}</span>
				{fmt.bytes(sums.bytes.up, units.value)}
			</span>
			<span title={t("flows.nBytesDown", { n: sums.bytes.down })}>
				<span class="arrow down" aria-hidden="true">
					↓
				</span>{" "}
				<span class="visually-hidden">{t("word.download")}</span>
				{fmt.bytes(sums.bytes.down, units.value)}
			</span>
			{past.value ? null : (
				<span
					class="totals-rate"
					title={`↑ ${fmt.rate(sums.rate_bps.up, units.value)}\n↓ ${fmt.rate(sums.rate_bps.down, units.value)}`}
				>
					{fmt.rate(sums.rate_bps.up + sums.rate_bps.down, units.value)}
				</span>
			)}
		</footer>
	);
}

const GroupedTable = seldom((pages) => pages.GroupedTable);
const Drawer = seldom((pages) => pages.Drawer);
const Looking = seldom((pages) => pages.Looking);

export function FlowsPage() {
	const flat = useView("flat", wantedFlat);
	const groups = useView("groups", wantedGroups);
	const grouped = groupBy.value !== "";
	const view = grouped ? groups : flat;
	const current = path.value.startsWith("/flows/") ? decoded(path.value.slice(7)) : null;
	useEffect(
		() =>
			register(
				"flows",
				flowKeys(() => current && closeFlow()),
			),
		[current],
	);
	useEffect(watchSelection, []);
	useEffect(tellColumns, []);
	const total = totalOf(view);
	const empty = <Empty view={view} total={total} />;
	const rows = view.matched.value > 0 && !view.problem.value;
	// what the columns are is not known before the table of fields is: the grid would jump
	const drawn = fieldsAsked.value && (rows || !view.ready.value);
	const flows = view.ready.value ? (view.totals.value?.flows ?? view.matched.value) : null;
	return (
		<div class={`flows${current ? " with-drawer" : ""}`}>
			<Toolbar flows={flows} />
			<div class="flows-body">
				<div class="flows-main">
					{drawn ? (
						grouped ? (
							<GroupedTable view={view} current={current} />
						) : (
							<FlatTable view={view} current={current} />
						)
					) : null}
					{empty}
					<div class="afloat">
						<HeldPill view={view} />
					</div>
					{past.value ? <Looking view={view} /> : null}
					<TotalsStrip view={view} total={total} />
				</div>
				{current ? <Drawer id={current} /> : null}
			</div>
		</div>
	);
}
