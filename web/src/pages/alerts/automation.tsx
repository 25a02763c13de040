// SPDX-License-Identifier: BSD-2-Clause
// What may be done with nobody who asks: a switch a kind and direction, each behind what it would have
// done in the last day; and what was done.

import { useSignal } from "@preact/signals";
import { Fragment } from "preact";
import { useEffect } from "preact/hooks";
import { reason } from "../../api/client";
import type {
	Automation,
	AutomationAct,
	AutomationPreview,
	AutomationSwitch,
} from "../../api/schema";
import { now } from "../../api/state";
import * as fmt from "../../core/format";
import { safe } from "../../core/text";
import { whyNoChange } from "../../data/access";
import { lookAtSwitch, switchOff, switchOn } from "../../data/automation";
import { usePolled } from "../../data/polled";
import { scopeName } from "../../ui/cells";
import { type DataColumn, DataTable } from "../../ui/datatable";
import { closeDialog, Dialog, openDialog } from "../../ui/dialog";
import { Awaited } from "../../ui/notice";
import { NotYours } from "../../ui/notyours";
import { Options } from "../../ui/options";
import { perform } from "../../ui/perform";
import { t } from "../../words/t";

const POLL_S = 2;
const SHOWN = 20;
const HOUR = 3600;
const TIMES: [seconds: string, word: string][] = [
	["600", t("time.minutes", { n: 10 })],
	[String(HOUR), t("time.hours", { n: 1 })],
	[String(24 * HOUR), t("acts.oneDay")],
];
const VERB = { block: t("rules.block"), limit: t("rules.limit") } as const;

const nameOf = ({ kind, direction }: AutomationSwitch) => `${kind}, ${scopeName(direction)}`;

function outcome({ on, rule, refused }: AutomationAct): string {
	if (rule !== null) return t("automation.rule", { id: String(rule) });
	if (refused) return t("automation.leftAlone", { why: refused.text });
	return on ? "" : t("automation.would");
}

function What({ act }: { act: AutomationAct }) {
	return (
		<span class="rule-what">
			<span>
				<strong class="mono">{safe(act.host)}</strong> <strong>{act.kind}</strong>{" "}
				{VERB[act.verb]}
			</span>
			<span class="faint rule-said" title={act.what}>
				{safe(act.sentence)}
			</span>
		</span>
	);
}

const ACTS: DataColumn<AutomationAct>[] = [
	{ key: "what", title: t("acts.what"), wide: true, cell: (act) => <What act={act} /> },
	{ key: "outcome", title: t("automation.outcome"), cell: (act) => safe(outcome(act)) },
	{
		key: "time",
		title: t("rules.last"),
		end: true,
		roomy: true,
		cell: (act) => <span title={fmt.fullTime(act.time)}>{fmt.ago(act.time, now.value)}</span>,
	},
];

function Acts({ items }: { items: AutomationAct[] }) {
	return (
		<DataTable
			label={t("automation.acts")}
			columns={ACTS}
			rows={items.slice(0, SHOWN)}
			id={(act) => `${act.time} ${act.incident} ${act.verb}`}
		/>
	);
}

function Seen({ seen }: { seen: AutomationPreview }) {
	return (
		<Fragment>
			<p>
				{t("automation.wouldHave", {
					blocks: seen.blocks,
					limits: seen.limits,
					refused: seen.refused,
				})}
			</p>
			{seen.items.length ? <Acts items={seen.items} /> : null}
		</Fragment>
	);
}

/** What it would have done, anew for another time; it is switched on by what is shown. */
function SwitchOn({ which }: { which: AutomationSwitch }) {
	const time = useSignal(String(HOUR));
	const seen = useSignal<AutomationPreview | null>(null);
	const failed = useSignal<string | null>(null);
	useEffect(() => {
		const abort = new AbortController();
		seen.value = failed.value = null;
		lookAtSwitch(which, Number(time.value), abort.signal).then(
			(preview) => (seen.value = preview),
			(error) => {
				if (error.name !== "AbortError") failed.value = reason(error);
			},
		);
		return () => abort.abort();
	}, [time.value]);
	const what = nameOf(which);
	const run = (token: string) => {
		closeDialog();
		void perform(() => switchOn(which, token), t("automation.isOn", { what }));
	};
	return (
		<Dialog title={t("automation.ask", { what })} onClose={closeDialog} wide>
			<div aria-live="polite" aria-busy={!seen.value && !failed.value}>
				{seen.value ? <Seen seen={seen.value} /> : null}
				{failed.value ? (
					<p class="bad-text" role="alert">
						{safe(failed.value)}
					</p>
				) : null}
			</div>
			<p class="faint">{t("automation.help")}</p>
			<label class="picker">
				<span>{t("acts.howLong")}</span>
				<select
					value={time.value}
					aria-label={t("acts.howLong")}
					onChange={(event) => {
						time.value = event.currentTarget.value;
					}}
				>
					<Options list={TIMES} />
				</select>
			</label>
			<div class="dialog-acts">
				<button type="button" onClick={closeDialog} autofocus>
					{t("word.cancel")}
				</button>
				<button
					type="button"
					class="danger"
					disabled={!seen.value}
					onClick={() => seen.value && run(seen.value.token)}
				>
					{t("automation.on")}
				</button>
			</div>
		</Dialog>
	);
}

function Turn({ which }: { which: AutomationSwitch }) {
	const what = nameOf(which);
	if (whyNoChange() !== null) return null;
	return which.on ? (
		<button
			type="button"
			aria-label={`${t("automation.off")}: ${what}`}
			onClick={() => void perform(() => switchOff(which), t("automation.isOff", { what }))}
		>
			{t("automation.off")}
		</button>
	) : (
		<button
			type="button"
			aria-label={`${t("automation.on")}: ${what}`}
			onClick={() => (openDialog.value = () => <SwitchOn which={which} />)}
		>
			{t("automation.on")}…
		</button>
	);
}

const SWITCHES: DataColumn<AutomationSwitch>[] = [
	{
		key: "kind",
		title: t("alerts.incidents"),
		wide: true,
		cell: (which) => (
			<span class="rule-what">
				<strong>{which.kind}</strong>
				<span class="rule-said">{scopeName(which.direction)}</span>
			</span>
		),
	},
	{ key: "acts", title: t("rules.verb"), roomy: true, cell: ({ acts }) => VERB[acts] },
	{
		key: "state",
		title: t("acts.howLong"),
		cell: ({ seconds }) =>
			seconds === null ? (
				<span class="faint">{fmt.NONE}</span>
			) : (
				<strong class="warn-text">{fmt.duration(seconds * 1000)}</strong>
			),
	},
	{
		key: "turn",
		title: t("flows.action"),
		untitled: true,
		end: true,
		cell: (which) => <Turn which={which} />,
	},
];

/** Why nothing is done at present, whatever is on. */
function Idle({ of: { judged, abstains, panic } }: { of: Automation }) {
	if (judged && !abstains && !panic) return null;
	return (
		<p class="bad-text" role="status">
			{panic ? t("rules.panicIsOn") : t(judged ? "automation.unsure" : "automation.unjudged")}
		</p>
	);
}

export function AutomationPart() {
	const polled = usePolled<Automation>("automation", {}, POLL_S);
	const automation = polled.data.value;
	if (!automation) return <Awaited failed={polled.failed.value} title={t("alerts.cannotShow")} />;
	return (
		<Fragment>
			<p class="faint">{t("automation.help")}</p>
			<NotYours />
			<Idle of={automation} />
			<DataTable
				label={t("automation.title")}
				columns={SWITCHES}
				rows={automation.switches}
				id={({ kind, direction }) => `${kind} ${direction}`}
			/>
			{automation.items.length ? <Acts items={automation.items} /> : null}
		</Fragment>
	);
}
