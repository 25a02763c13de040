// SPDX-License-Identifier: BSD-2-Clause
// The alerts themselves, the worst first, and the silences that hold some of them back.

import { Fragment } from "preact";
import type { Alert, Alerts, AlertSilence } from "../../api/schema";
import { now } from "../../api/state";
import * as fmt from "../../core/format";
import { safe } from "../../core/text";
import { byUrgency, silence } from "../../data/alerts";
import { whyNoAct } from "../../data/rules";
import { type DataColumn, DataTable } from "../../ui/datatable";
import { Icon, type IconName } from "../../ui/icons";
import { type MenuItem, showMenu } from "../../ui/menu";
import { Notice } from "../../ui/notice";
import { perform } from "../../ui/perform";
import { t } from "../../words/t";
import { Silences } from "./silences";

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;

const SEVERITIES: Record<Alert["severity"], [word: string, kind: string, icon: IconName]> = {
	critical: [t("alerts.critical"), "bad", "warn"],
	warning: [t("alerts.warning"), "warn", "warn"],
	info: [t("alerts.info"), "info", "info"],
};

const STATES: Record<Alert["state"], string> = {
	firing: t("alerts.firing"),
	pending: t("alerts.pending"),
	resolved: t("alerts.resolved"),
};

export function Severity({ of }: { of: Alert["severity"] }) {
	const [word, kind, icon] = SEVERITIES[of];
	return (
		<span class={`severity ${kind}`}>
			<Icon name={icon} size={14} /> {word}
		</span>
	);
}

/** Its rule and what it is about; by how much, and why nobody is told. */
function About({ alert }: { alert: Alert }) {
	const named = [alert.rule, alert.key].filter((part) => part !== null);
	const said = [alert.sentence, alert.silent].filter((part) => part !== null);
	return (
		<span class="rule-what" title={safe(alert.sentence)}>
			<strong>{safe(named.join(" · "))}</strong>
			<span class="rule-said">{safe(said.join(" · "))}</span>
		</span>
	);
}

function Since({ alert }: { alert: Alert }) {
	const end = alert.ended === null ? now.value : Date.parse(alert.ended);
	return (
		<span title={fmt.fullTime(alert.since)}>
			{fmt.duration(Math.max(0, end - Date.parse(alert.since)))}
		</span>
	);
}

/** For how long, and about what: this key of the rule, or all of it. */
function silenceItems({ rule, key }: Alert): MenuItem[] {
	const item = (about: Pick<AlertSilence, "rule" | "key">, seconds: number, apart = false) => ({
		label: t(seconds === HOUR_S ? "alerts.silenceHour" : "alerts.silenceDay", {
			what: safe(about.key ?? rule),
		}),
		apart,
		run: () => void perform(() => silence(about, seconds), t("alerts.silenced")),
	});
	const times = [HOUR_S, DAY_S];
	return [
		...(key === null ? [] : times.map((seconds) => item({ rule, key }, seconds))),
		...times.map((seconds, i) => item({ rule, key: null }, seconds, key !== null && !i)),
	];
}

function SilenceButton({ alert }: { alert: Alert }) {
	if (whyNoAct() !== null || alert.state === "resolved") return null;
	return (
		<button
			type="button"
			aria-haspopup="menu"
			aria-label={t("alerts.silenceOne", { what: safe(alert.key ?? alert.rule) })}
			onClick={(event) =>
				showMenu(event.currentTarget, t("alerts.silence"), () => silenceItems(alert))
			}
		>
			{t("alerts.silence")}
		</button>
	);
}

const columns: DataColumn<Alert>[] = [
	{
		key: "severity",
		title: t("alerts.severity"),
		cell: (alert) => (
			<span class="rule-what">
				<Severity of={alert.severity} />
				<span class="faint rule-said">{STATES[alert.state]}</span>
			</span>
		),
	},
	{ key: "about", title: t("acts.what"), wide: true, cell: (alert) => <About alert={alert} /> },
	{
		key: "since",
		title: t("alerts.lasts"),
		end: true,
		roomy: true,
		cell: (alert) => <Since alert={alert} />,
	},
	{
		key: "told",
		title: t("alerts.told"),
		help: t("alerts.toldHelp"),
		roomy: "more",
		cell: (alert) => t(alert.told ? "word.yes" : "word.no"),
	},
	{
		key: "acts",
		title: t("flows.action"),
		untitled: true,
		end: true,
		cell: (alert) => <SilenceButton alert={alert} />,
	},
];

export function Firing({ alerts }: { alerts: Alerts }) {
	return (
		<Fragment>
			{alerts.items.length ? (
				<DataTable
					label={t("alerts.title")}
					columns={columns}
					rows={byUrgency(alerts.items)}
					id={(alert) => alert.id}
					rowClass={(alert) => (alert.state === "resolved" ? "over" : "")}
				/>
			) : (
				<Notice icon="check" title={t("alerts.none")}>
					<p>{t("alerts.noneHelp")}</p>
				</Notice>
			)}
			<Silences
				list={alerts.silences.map((one) => ({
					id: `${one.rule} ${one.key}`,
					what: [one.rule, one.key].filter(Boolean).join(" · ") || t("alerts.all"),
					until: one.until,
					by: one.by,
					reason: one.reason,
					end: () => silence(one, 0),
				}))}
			/>
		</Fragment>
	);
}
