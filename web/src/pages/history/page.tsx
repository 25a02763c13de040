// SPDX-License-Identifier: BSD-2-Clause
// History: rates over a range, and the windows one by one.

import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { hasSeries, hasWindows, hello } from "../../api/state";
import * as fmt from "../../core/format";
import { units } from "../../core/settings";
import { protocolName } from "../../core/protocols";
import { safe } from "../../core/text";
import type { Window } from "../../api/types";
import { EvidenceLink } from "../../ui/evidence";
import { Icon } from "../../ui/icons";
import { Panel } from "../../ui/panel";
import { Traffic } from "../overview/traffic";
import { globalFilter } from "../../core/pagefilter";
import { href } from "../../core/route";
import { fleet, keepsHistory } from "../../core/time";
import { Heat } from "./heat";
import { Makeup } from "./makeup";
import { Monitor } from "./monitor";
import { Most } from "./most";
import { Predictions } from "./predictions";
import { loadWindows, windows } from "./state";
import { PROTOCOLS, Ring, WindowBars, windowTable } from "./window";
import { listed, rich, t } from "../../words/t";

function Hosts({ title, list, count }: { title: string; list: string[]; count: number | null }) {
	if (!count) return null;
	return (
		<p>
			<span class="faint">
				{title} ({fmt.count(count)}):
			</span>{" "}
			<span class="mono wrap">{list.map(safe).join(", ")}</span>
		</p>
	);
}

const protocolOf = (name: string) =>
	name === "other" ? t("history.otherProtocols") : protocolName(name);

function Detail({ w }: { w: Window }) {
	return (
		<div class="window-detail">
			<h3>{t("history.windowEnded", { id: String(w.id), time: fmt.clock(w.end) })}</h3>
			<div
				class="split-bar"
				role="img"
				aria-label={t("history.externalAndLocal", {
					external: w.traffic.external_flows,
					local: w.traffic.local_flows,
				})}
			>
				<i class="external" style={{ flexGrow: w.traffic.external_flows }} />
				<i class="local" style={{ flexGrow: w.traffic.local_flows }} />
			</div>
			<p>
				{rich("history.windowFlows", {
					flows: <strong>{fmt.count(w.traffic.total_flows)}</strong>,
					external: (
						<>
							<i class="tint external" aria-hidden="true" />{" "}
							{fmt.count(w.traffic.external_flows)}
						</>
					),
					local: (
						<>
							<i class="tint local" aria-hidden="true" />{" "}
							{fmt.count(w.traffic.local_flows)}
						</>
					),
					up: fmt.bytes(w.bytes.up, units.value),
					down: fmt.bytes(w.bytes.down, units.value),
					lost: w.losses ? (
						<span class="bad-text">{t("history.nLost", { n: w.losses })}</span>
					) : (
						t("history.nothingLost")
					),
				})}
			</p>
			<p>
				{t("history.recordMade", {
					protocols:
						listed(
							...PROTOCOLS.filter((name) => w.protocols[name]).map(
								(name) => `${fmt.count(w.protocols[name])} ${protocolOf(name)}`,
							),
						) || t("history.noFlow"),
					time: `${w.processing_ms} ms`,
				})}
			</p>
			<Hosts title={t("history.newHosts")} list={w.new_hosts} count={w.new_hosts_total} />
			<Hosts title={t("history.gone")} list={w.gone_hosts} count={w.gone_hosts_total} />
		</div>
	);
}

export function HistoryPage() {
	useEffect(() => void loadWindows(), [hello.value?.boot_id]);
	const chosen = useSignal<number | null>(null);
	const all = windows.value;
	const list = useMemo(() => all.slice(-90), [all]);
	const shown = list.find((w) => w.id === chosen.value) ?? list[list.length - 1];
	return (
		<div class="overview">
			<h1 class="visually-hidden">{t("word.history")}</h1>
			{keepsHistory.value ? (
				<div class="listing-head paths-head">
					<span class="spring" />
					<EvidenceLink of={{ filter: globalFilter.value }} />
					<a class="button" href={href("/report")}>
						<Icon name="export" /> {t("report.open")}
					</a>
				</div>
			) : null}
			<div class="panels">
				<Traffic />
				{hasSeries.value || !hello.value ? <Makeup /> : null}
				{keepsHistory.value || fleet.value ? (
					<>
						<Most />
						<Heat />
					</>
				) : null}
				{hasWindows.value || !(hello.value || fleet.value) ? (
					<Panel
						title={t("history.windows")}
						help={t("history.windowsHelp")}
						area="a-windows"
						table={() => windowTable(list)}
					>
						<div class="window-panel">
							<Ring />
							<div class="window-side">
								<WindowBars
									list={list}
									chosen={shown?.id ?? null}
									onPick={(id) => {
										chosen.value = id;
									}}
								/>
								<ul class="matrix-legend">
									<li>
										<i class="tint external" aria-hidden="true" />{" "}
										{t("history.externalFlows")}
									</li>
									<li>
										<i class="tint local" aria-hidden="true" />{" "}
										{t("history.localFlows")}
									</li>
								</ul>
							</div>
						</div>
						{shown ? (
							<Detail w={shown} />
						) : (
							<p class="faint">{t("history.firstWindowCloses")}</p>
						)}
					</Panel>
				) : null}
				{hasWindows.value ? <Predictions list={list} /> : null}
				{hasSeries.value || !(hello.value || fleet.value) ? <Monitor /> : null}
			</div>
		</div>
	);
}
