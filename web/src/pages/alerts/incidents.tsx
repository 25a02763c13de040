// SPDX-License-Identifier: BSD-2-Clause
// Incidents: what the judge said of many flows, as one thing a host and kind, the open and worst first;
// each leads to its flows, may be acted on, and is silenced from its row.

import { Fragment } from "preact";
import type { Incident, Incidents, IncidentSilence } from "../../api/schema";
import { now } from "../../api/state";
import * as filter from "../../core/filter";
import * as fmt from "../../core/format";
import { href } from "../../core/route";
import { safe } from "../../core/text";
import { type HiddenBy, hideIncidents, showIncidents } from "../../data/alerts";
import { KIND } from "../../data/judge";
import { whyNoAct } from "../../data/rules";
import { confirmAct } from "../../ui/actmenu";
import { type DataColumn, DataTable } from "../../ui/datatable";
import { type MenuItem, showMenu } from "../../ui/menu";
import { Notice } from "../../ui/notice";
import { perform } from "../../ui/perform";
import { t } from "../../words/t";
import { Silences } from "./silences";

const DAY_S = 86400;

function Severity({ incident: { severity, risk } }: { incident: Incident }) {
	return (
		<span class={`severity ${KIND[severity]}`}>
			{risk} {severity}
		</span>
	);
}

/** Who does what, and the last evidence of it; to the flows. */
function What({ incident }: { incident: Incident }) {
	const { host, kind, sentence, help } = incident;
	const q = filter.all(filter.term("ip", host), filter.term("evidence", kind, "~"));
	return (
		<a class="rule-what" href={href("/flows", { q, live: "both", scope: "all" })} title={help}>
			<span>
				<strong class="mono">{safe(host)}</strong> <strong>{kind}</strong>
			</span>
			<span class="faint rule-said">{safe(sentence)}</span>
		</a>
	);
}

function silenceItems({ kind, host, peer }: Incident): MenuItem[] {
	const item = (by: HiddenBy, what: string): MenuItem => ({
		label: t("alerts.silenceDay", { what }),
		run: () => void perform(() => hideIncidents(by, DAY_S), t("alerts.hidden")),
	});
	return [
		item({ kind, host }, `${host} ${kind}`),
		...(peer === null ? [] : [item({ host, peer }, `${host} ↔ ${peer}`)]),
		item({ host }, host),
		item({ kind }, kind),
	];
}

function BlockButton({ incident: { host, inside } }: { incident: Incident }) {
	if (whyNoAct() !== null || inside) return null;
	return (
		<button
			type="button"
			aria-label={t("alerts.blockOne", { what: host })}
			onClick={() => confirmAct("block", [{ what: host, label: host }])}
		>
			{t("rules.block")}…
		</button>
	);
}

function SilenceButton({ incident }: { incident: Incident }) {
	if (whyNoAct() !== null) return null;
	const what = `${incident.host} ${incident.kind}`;
	return (
		<button
			type="button"
			aria-haspopup="menu"
			aria-label={t("alerts.silenceOne", { what })}
			onClick={(event) =>
				showMenu(event.currentTarget, t("alerts.silence"), () => silenceItems(incident))
			}
		>
			{t("alerts.silence")}
		</button>
	);
}

const columns: DataColumn<Incident>[] = [
	{
		key: "severity",
		title: t("alerts.severity"),
		cell: (incident) => <Severity incident={incident} />,
	},
	{
		key: "what",
		title: t("acts.what"),
		wide: true,
		cell: (incident) => <What incident={incident} />,
	},
	{
		key: "flows",
		title: t("word.flows"),
		end: true,
		roomy: true,
		cell: (incident) => fmt.countShort(incident.flows),
	},
	{
		key: "peers",
		title: t("alerts.peers"),
		end: true,
		roomy: "more",
		cell: (incident) => fmt.countShort(incident.peers),
	},
	{
		key: "first",
		title: t("alerts.first"),
		end: true,
		roomy: "more",
		cell: (incident) => (
			<span title={fmt.fullTime(incident.first)}>{fmt.ago(incident.first, now.value)}</span>
		),
	},
	{
		key: "last",
		title: t("rules.last"),
		end: true,
		roomy: true,
		cell: (incident) => (
			<span title={fmt.fullTime(incident.last)}>{fmt.ago(incident.last, now.value)}</span>
		),
	},
	{
		key: "block",
		title: t("rules.block"),
		untitled: true,
		end: true,
		roomy: true,
		cell: (incident) => <BlockButton incident={incident} />,
	},
	{
		key: "silence",
		title: t("alerts.silence"),
		untitled: true,
		end: true,
		cell: (incident) => <SilenceButton incident={incident} />,
	},
];

export function IncidentList({
	incidents,
	silences,
}: {
	incidents: Incidents;
	silences: IncidentSilence[];
}) {
	return (
		<Fragment>
			{incidents.items.length ? (
				<DataTable
					label={t("alerts.incidents")}
					columns={columns}
					rows={incidents.items}
					id={(incident) => incident.id}
					rowClass={(incident) => (incident.state === "closed" ? "over" : "")}
				/>
			) : (
				<Notice icon="check" title={t("alerts.noIncidents")}>
					<p>{t("alerts.noIncidentsHelp")}</p>
				</Notice>
			)}
			<Silences
				list={silences.map((one) => ({
					id: String(one.id),
					what: [one.host, one.peer && `↔ ${one.peer}`, one.kind]
						.filter(Boolean)
						.join(" "),
					until: one.until,
					by: one.by,
					reason: one.reason,
					end: () => showIncidents(one.id),
				}))}
			/>
		</Fragment>
	);
}
