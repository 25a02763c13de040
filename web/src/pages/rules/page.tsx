// SPDX-License-Identifier: BSD-2-Clause
// Rules: what is shut out, slowed down or let through all the same, in the order in which it is
// judged; what each stopped, whose it is, why, and how long it has left.

import { at } from "../../core/base";
import { useSignal } from "@preact/signals";
import type { Rule, Rules } from "../../api/schema";
import { now } from "../../api/state";
import * as filter from "../../core/filter";
import * as fmt from "../../core/format";
import { href } from "../../core/route";
import { units } from "../../core/settings";
import { safe } from "../../core/text";
import { usePolled } from "../../data/polled";
import { confirmRule, setPanic, undoRule, undoSince, whyNoAct } from "../../data/rules";
import { type DataColumn, DataTable } from "../../ui/datatable";
import { closeDialog, Dialog, openDialog } from "../../ui/dialog";
import { Icon } from "../../ui/icons";
import { Awaited, Notice } from "../../ui/notice";
import { perform } from "../../ui/perform";
import { t } from "../../words/t";

const HOUR_S = 3600;
const POLL_S = 2;

const VERBS: Record<Rule["verb"], [word: string, kind: string]> = {
	block: [t("rules.block"), "bad"],
	allow: [t("rules.allow"), "ok"],
	limit: [t("rules.limit"), "warn"],
};

/** Exceptions win, then whichever is about it: as the list of the engine has them. */
export const inOrder = (rules: Rule[]): Rule[] =>
	[...rules].sort(
		(a, b) => Number(b.verb === "allow") - Number(a.verb === "allow") || a.id - b.id,
	);

function Verb({ rule }: { rule: Rule }) {
	const [word, kind] = VERBS[rule.verb];
	return <span class={`rule-verb ${kind}`}>{word}</span>;
}

const rates = (rule: Rule): string =>
	[
		rule.rate_up ? `↑ ${fmt.rate(rule.rate_up, units.value)}` : "",
		rule.rate_down ? `↓ ${fmt.rate(rule.rate_down, units.value)}` : "",
		rule.rate_up || rule.rate_down
			? rule.per === "host"
				? t("acts.perHost")
				: t("acts.perAll")
			: "",
	]
		.filter(Boolean)
		.join(" ");

const isAddress = (what: string) =>
	/^[\d.]+(\/\d+)?$/.test(what) || /^[\da-f:]+(\/\d+)?$/i.test(what);

function What({ rule }: { rule: Rule }) {
	const q = isAddress(rule.what) ? filter.term("ip", rule.what) : rule.what;
	const said = [rates(rule), rule.reason && safe(rule.reason), safe(rule.by)].filter(Boolean);
	return (
		<a class="rule-what" href={href("/flows", { q, live: "both" })} title={safe(rule.what)}>
			<code>{safe(rule.what)}</code>
			<span class="faint rule-said">{said.join(" · ")}</span>
		</a>
	);
}

function Left({ rule }: { rule: Rule }) {
	const waits = rule.confirm_until ? Date.parse(rule.confirm_until) - now.value : null;
	if (waits !== null && waits > 0)
		return <span class="bad-text">{t("rules.reverts", { time: fmt.duration(waits) })}</span>;
	if (!rule.until) return <span class="faint">{t("acts.forGood")}</span>;
	return (
		<span title={fmt.fullTime(rule.until)}>
			{fmt.duration(Math.max(0, Date.parse(rule.until) - now.value))}
		</span>
	);
}

function Buttons({ rule }: { rule: Rule }) {
	const why = whyNoAct();
	const id = String(rule.id);
	if (why !== null) return null;
	return (
		<span class="rule-acts">
			{rule.confirm_until ? (
				<button
					type="button"
					class="primary"
					onClick={() => void perform(() => confirmRule(rule.id), t("acts.kept", { id }))}
				>
					{t("acts.keep")}
				</button>
			) : null}
			<button
				type="button"
				aria-label={t("rules.undoOne", { id })}
				onClick={() => void perform(() => undoRule(rule.id), t("acts.undone", { id }))}
			>
				{t("acts.undo")}
			</button>
		</span>
	);
}

const WHERE = { kernel: t("rules.kernel"), engine: t("rules.engine") };

const number = (n: number | null | undefined) => fmt.countShort(n);

const columns: DataColumn<Rule>[] = [
	{
		key: "id",
		title: "#",
		help: t("rules.orderHelp"),
		roomy: true,
		cell: (rule) => <span class="mono faint">{rule.id}</span>,
	},
	{ key: "verb", title: t("rules.verb"), cell: (rule) => <Verb rule={rule} /> },
	{ key: "what", title: t("acts.what"), wide: true, cell: (rule) => <What rule={rule} /> },
	{
		key: "flows",
		title: t("word.flows"),
		end: true,
		roomy: "more",
		cell: (rule) => number(rule.flows),
	},
	{
		key: "hits",
		title: t("rules.hits"),
		help: t("rules.hitsHelp"),
		end: true,
		roomy: "more",
		cell: (rule) => number(rule.hits),
	},
	{
		key: "packets",
		title: t("interfaces.packets"),
		end: true,
		roomy: true,
		cell: (rule) => <span title={fmt.count(rule.packets)}>{number(rule.packets)}</span>,
	},
	{
		key: "bytes",
		title: t("rules.stopped"),
		help: t("rules.stoppedHelp"),
		end: true,
		roomy: true,
		cell: (rule) => (
			<span title={t("word.nBytes", { n: rule.bytes })}>
				{fmt.bytes(rule.bytes, units.value)}
			</span>
		),
	},
	{
		key: "last",
		title: t("rules.last"),
		end: true,
		roomy: "more",
		cell: (rule) => (
			<span title={rule.last ? fmt.fullTime(rule.last) : undefined}>
				{fmt.ago(rule.last, now.value)}
			</span>
		),
	},
	{
		key: "where",
		title: t("rules.where"),
		help: t("rules.whereHelp"),
		roomy: "more",
		cell: (rule) => WHERE[rule.where],
	},
	{ key: "left", title: t("rules.left"), end: true, cell: (rule) => <Left rule={rule} /> },
	{
		key: "acts",
		title: t("flows.action"),
		untitled: true,
		end: true,
		cell: (rule) => <Buttons rule={rule} />,
	},
];

function SureDialog({
	title,
	text,
	word,
	act,
	done,
}: {
	title: string;
	text: string;
	word: string;
	act: () => Promise<unknown>;
	done: string;
}) {
	const busy = useSignal(false);
	return (
		<Dialog title={title} onClose={closeDialog}>
			<p>{text}</p>
			<div class="dialog-acts">
				<button type="button" onClick={closeDialog} autofocus>
					{t("word.cancel")}
				</button>
				<button
					type="button"
					class="danger"
					disabled={busy.value}
					onClick={() => {
						busy.value = true;
						void perform(act, done).then(closeDialog);
					}}
				>
					{word}
				</button>
			</div>
		</Dialog>
	);
}

function undoHour(rules: Rule[]): void {
	const n = rules.filter((rule) => Date.parse(rule.made) > now.peek() - HOUR_S * 1000).length;
	openDialog.value = () => (
		<SureDialog
			title={t("rules.undoHourAsk")}
			text={t("rules.undoHourMeans", { n })}
			word={t("acts.undo")}
			act={() => undoSince(HOUR_S)}
			done={t("rules.undoneHour")}
		/>
	);
}

function panic(on: boolean): void {
	if (!on) return void perform(() => setPanic(false), t("rules.panicEnded"));
	openDialog.value = () => (
		<SureDialog
			title={t("rules.panicAsk")}
			text={t("rules.panicMeans")}
			word={t("rules.panicOn")}
			act={() => setPanic(true)}
			done={t("rules.panicBegun")}
		/>
	);
}

function Tools({ rules }: { rules: Rules }) {
	const acts = whyNoAct() === null;
	const young = rules.items.some((rule) => Date.parse(rule.made) > now.value - HOUR_S * 1000);
	return (
		<>
			{acts ? (
				<button type="button" disabled={!young} onClick={() => undoHour(rules.items)}>
					{t("rules.undoHour")}
				</button>
			) : null}
			<a class="button" href={at("/api/v1/rulefile")} download="flowbpf-rules.txt">
				<Icon name="export" /> {t("rules.export")}
			</a>
			{acts ? (
				<button
					type="button"
					class={rules.panic ? "primary" : "danger-line"}
					aria-pressed={rules.panic}
					title={t("rules.panicHelp")}
					onClick={() => panic(!rules.panic)}
				>
					<Icon name="warn" />
					{rules.panic ? t("rules.panicOff") : t("rules.panic")}
				</button>
			) : null}
		</>
	);
}

function List({ rules }: { rules: Rules }) {
	if (rules.items.length)
		return (
			<DataTable
				label={t("rules.title")}
				columns={columns}
				rows={inOrder(rules.items)}
				id={(rule) => String(rule.id)}
				rowClass={(rule) => (rule.confirm_until ? "waits" : "")}
			/>
		);
	return (
		<Notice icon="shut" title={t("rules.none")}>
			<p>{t("rules.noneHelp")}</p>
			<pre>
				<code>sudo flowbpf block 198.51.100.7 --for 1h --dry-run</code>
			</pre>
		</Notice>
	);
}

export function RulesPage() {
	const polled = usePolled<Rules>("rules", {}, POLL_S);
	const rules = polled.data.value;
	if (!rules) return <Awaited failed={polled.failed.value} title={t("rules.cannotShow")} />;
	return (
		<div class="listing">
			<div class="toolbar-row listing-head">
				<h1>
					{t("rules.title")} <span class="badge">{fmt.count(rules.items.length)}</span>
				</h1>
				<span class="spring" />
				<Tools rules={rules} />
			</div>
			<List rules={rules} />
		</div>
	);
}

const PANIC_S = 10;

/** On each page's head while no rule is in force: all of them are off. */
export function PanicMark() {
	const on = usePolled<Rules>("rules", {}, PANIC_S).data.value?.panic;
	if (!on) return null;
	return (
		<div class="strip bad" role="status">
			<Icon name="warn" />
			<span class="strip-text">{t("rules.panicIsOn")}</span>
			<a href={href("/rules")}>{t("rules.title")}</a>
		</div>
	);
}
