// SPDX-License-Identifier: BSD-2-Clause
// Alerts: incidents that the judge saw, what fires or soon may by rules, these rules, whom they are
// told to, and what may follow by itself.

import { Fragment } from "preact";
import type { AlertRules, Alerts, Incidents, IncidentSilence } from "../../api/schema";
import * as fmt from "../../core/format";
import { param, setParams } from "../../core/route";
import { usePolled } from "../../data/polled";
import { Awaited } from "../../ui/notice";
import { Segment } from "../../ui/segment";
import { t } from "../../words/t";
import { AutomationPart } from "./automation";
import { Worth } from "../judge/worth";
import { Firing } from "./firing";
import { IncidentList } from "./incidents";
import { RuleList } from "./rules";
import { SenderList } from "./senders";
import { Timeline } from "./timeline";

const POLL_S = 2;
const RULES_S = 10;
const SHOWN = 200;
const show = param("show", "");
const host = param("host", "");

function Parts({ alerts }: { alerts: Alerts }) {
	const n = (count: number, bad: boolean) =>
		count ? <span class={`badge ${bad ? "bad-text" : ""}`}> {fmt.count(count)}</span> : null;
	const firing = alerts.items.filter((one) => one.state === "firing").length;
	const sick = alerts.senders.filter((one) => one.error !== null).length;
	return (
		<Segment
			label={t("log.show")}
			kind="scopes"
			value={show.value}
			options={[
				["", t("alerts.incidents")],
				["alerts", t("alerts.title")],
				["rules", t("rules.title")],
				["senders", t("alerts.senders")],
				["automation", t("automation.title")],
				["judge", t("judge.title")],
			]}
			onPick={(part) => setParams({ show: part || null })}
			after={(part) =>
				part === "alerts" ? n(firing, false) : part === "senders" ? n(sick, true) : null
			}
		/>
	);
}

/** Each part asks for what it shows. */
function Judged() {
	const incidents = usePolled<Incidents>(
		"incidents",
		{ limit: SHOWN, host: host.value || null },
		POLL_S,
	).data.value;
	const silences = usePolled<{ items: IncidentSilence[] }>("incident-silences", {}, POLL_S).data
		.value;
	if (!incidents || !silences) return <div aria-busy="true" />;
	return (
		<Fragment>
			{incidents.items.length || host.value ? (
				<Timeline incidents={incidents.items} host={host.value} />
			) : null}
			<IncidentList incidents={incidents} silences={silences.items} />
		</Fragment>
	);
}

function Written() {
	const rules = usePolled<AlertRules>("alert-rules", {}, RULES_S).data.value;
	return rules ? <RuleList rules={rules} /> : <div aria-busy="true" />;
}

function Part({ alerts }: { alerts: Alerts }) {
	if (show.value === "alerts") return <Firing alerts={alerts} />;
	if (show.value === "rules") return <Written />;
	if (show.value === "automation") return <AutomationPart />;
	if (show.value === "senders") return <SenderList senders={alerts.senders} />;
	if (show.value === "judge") return <Worth />;
	return <Judged />;
}

export function AlertsPage() {
	const polled = usePolled<Alerts>("alerts", {}, POLL_S);
	const alerts = polled.data.value;
	if (!alerts) return <Awaited failed={polled.failed.value} title={t("alerts.cannotShow")} />;
	return (
		<div class="listing">
			<div class="toolbar-row listing-head">
				<h1>{t("alerts.title")}</h1>
				<Parts alerts={alerts} />
			</div>
			<Part alerts={alerts} />
		</div>
	);
}
