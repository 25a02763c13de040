// SPDX-License-Identifier: BSD-2-Clause
// When incidents of the last day were open, a lane each host, the worst first; a host's name shows its
// own alone. What is shown is had as CSV.

import type { Incident } from "../../api/schema";
import { now } from "../../api/state";
import * as filter from "../../core/filter";
import * as fmt from "../../core/format";
import { href, setParams } from "../../core/route";
import { safe } from "../../core/text";
import { KIND } from "../../data/judge";
import { Panel, type Table } from "../../ui/panel";
import { t } from "../../words/t";

const DAY_MS = 86400000;
const LANES = 10;
const TICKS = [24, 18, 12, 6];

const flowsOf = ({ host, kind }: Incident): string =>
	href("/flows", {
		q: filter.all(filter.term("ip", host), filter.term("evidence", kind, "~")),
		live: "both",
		scope: "all",
	});

/** Of the day, in percent. */
const at = (ms: number): number =>
	Math.min(100, Math.max(0, 100 * (1 - (now.value - ms) / DAY_MS)));

function Stretch({ incident }: { incident: Incident }) {
	const from = at(Date.parse(incident.first));
	const said = `${incident.kind}, ${fmt.fullTime(incident.first)} – ${fmt.fullTime(incident.last)}`;
	return (
		<a
			class={KIND[incident.severity]}
			href={flowsOf(incident)}
			title={said}
			aria-label={`${incident.host} ${said}`}
			style={{
				left: `min(${from}%, 100% - 6px)`,
				width: `${at(Date.parse(incident.last)) - from}%`,
			}}
		/>
	);
}

function Lane({ host, incidents }: { host: string; incidents: Incident[] }) {
	return (
		<li>
			<button
				type="button"
				class="lane-host mono"
				aria-label={t("alerts.onlyHost", { host })}
				title={t("alerts.onlyHost", { host })}
				onClick={() => setParams({ host }, true)}
			>
				{safe(host)}
			</button>
			<span class="lane">
				{incidents.map((incident) => (
					<Stretch key={incident.id} incident={incident} />
				))}
			</span>
		</li>
	);
}

const tableOf = (incidents: Incident[]): Table => ({
	head: [
		t("word.host"),
		t("alerts.kind"),
		t("alerts.severity"),
		t("judge.risk"),
		t("alerts.first"),
		t("rules.last"),
		t("word.flows"),
		t("alerts.peers"),
		t("acts.what"),
	],
	rows: incidents.map((one) => {
		const exact = [
			one.kind,
			one.severity,
			one.risk,
			one.first,
			one.last,
			Number(one.flows),
			one.peers,
			one.sentence,
		];
		return {
			key: one.id,
			label: safe(one.host),
			name: one.host,
			cells: exact.map((cell) => safe(String(cell))),
			exact,
			href: flowsOf(one),
		};
	}),
});

export function Timeline({ incidents, host }: { incidents: Incident[]; host: string }) {
	const lanes = new Map<string, Incident[]>();
	for (const one of incidents) lanes.set(one.host, [...(lanes.get(one.host) ?? []), one]);
	return (
		<Panel
			title={t("alerts.timeline")}
			help={t("alerts.timelineHelp")}
			area="a-timeline"
			table={() => tableOf(incidents)}
			controls={
				host ? (
					<span class="rule-acts">
						<a href={href(`/hosts/${host}`)}>{safe(host)}</a>
						<button type="button" onClick={() => setParams({ host: null }, true)}>
							{t("hosts.allHosts")}
						</button>
					</span>
				) : null
			}
		>
			<ul class="lanes">
				{[...lanes].slice(0, LANES).map(([of, list]) => (
					<Lane key={of} host={of} incidents={list} />
				))}
			</ul>
			<p class="lane-hours faint" aria-hidden="true">
				{TICKS.map((hours) => (
					<span key={hours}>{fmt.duration(hours * 3600000)}</span>
				))}
			</p>
			{lanes.size > LANES ? (
				<p class="faint">{t("word.nMore", { n: lanes.size - LANES })}</p>
			) : null}
		</Panel>
	);
}
