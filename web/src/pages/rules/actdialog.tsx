// SPDX-License-Identifier: BSD-2-Clause
// The one dialog that blocks, limits, kills and forgets: about what, for how long, why, and before
// anything happens what it would meet. What is done is what was shown, by its token.

import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { reason as reasonOf } from "../../api/client";
import type { Deletion } from "../../api/schema";
import { refresh } from "../../api/state";
import * as filter from "../../core/filter";
import { safe } from "../../core/text";
import {
	type Asked,
	confirmRule,
	lookAtFlows,
	lookAtRule,
	makeRule,
	type RuleVerb,
	type Shown,
	undoRule,
} from "../../data/rules";
import type { ActVerb, Target } from "../../ui/actmenu";
import { closeDialog, Dialog } from "../../ui/dialog";
import { Icon } from "../../ui/icons";
import { Options } from "../../ui/options";
import { toast } from "../../ui/toast";
import { WhyField } from "../flows/whyfield";
import { outcome, performMany, Progress } from "./many";
import { ShownAct } from "./shown";
import { t } from "../../words/t";

const CONFIRM_S = 60;
const MBIT = "Mbit/s";
const LOOK_MS = 300;
const HOUR = 3600;

const TIMES: [seconds: string, word: string][] = [
	["600", t("time.minutes", { n: 10 })],
	[String(HOUR), t("time.hours", { n: 1 })],
	[String(24 * HOUR), t("acts.oneDay")],
	["", t("acts.forGood")],
];

const WORDS = {
	block: { ask: "acts.blockAsk", means: "acts.blockMeans" },
	limit: { ask: "acts.limitAsk", means: "acts.limitMeans" },
	kill: { ask: "flows.killMatchingAsk", means: "flows.killMatchingMeans" },
	forget: { ask: "flows.deleteMatchingAsk", means: "flows.deleteMatchingMeans" },
} as const;

/** On the button: what it does, and to how many. */
function runWord(verb: ActVerb, shown: Shown | null): string {
	if (verb === "block") return t("acts.blockIt");
	if (verb === "limit") return t("acts.limitIt");
	if (!shown) return t(verb === "kill" ? "flows.killIt" : "flows.delete");
	return t(verb === "kill" ? "flows.killMany" : "flows.deleteEntries", { n: shown.entries });
}

const isRule = (verb: ActVerb): verb is "block" | "limit" => verb === "block" || verb === "limit";

/** An address or a prefix as a filter has it. */
const filterOf = (what: string) =>
	/^[\d.]+(\/\d+)?$|^[\da-f:]*:[\da-f:.]*(\/\d+)?$/i.test(what) ? filter.term("ip", what) : what;

function Choose({
	label,
	options,
	value,
}: {
	label: string;
	options: [string, string][];
	value: Signal<string>;
}) {
	return (
		<label class="picker">
			<span>{label}</span>
			<select
				value={value.value}
				aria-label={label}
				onChange={(event) => {
					value.value = event.currentTarget.value;
				}}
			>
				<Options list={options} />
			</select>
		</label>
	);
}

function Rate({ label, mbit }: { label: string; mbit: Signal<string> }) {
	return (
		<label class="picker">
			<span>{label}</span>
			<input
				type="number"
				min="0.01"
				step="any"
				inputMode="decimal"
				value={mbit.value}
				aria-label={`${label} (${MBIT})`}
				onInput={(event) => {
					mbit.value = event.currentTarget.value;
				}}
			/>
			<span>{MBIT}</span>
		</label>
	);
}

const bits = (mbit: string): number | null => {
	const n = Math.round(Number(mbit) * 1e6);
	return n > 0 ? n : null;
};

/** What is asked for, as it is being chosen. */
function useAsked(verb: ActVerb, targets: Target[]) {
	const target = useSignal("0");
	const time = useSignal(String(HOUR));
	const why = useSignal("");
	const up = useSignal("");
	const down = useSignal("");
	const per = useSignal("all");
	const careful = useSignal(false);
	/** to be careful was advised once: what is chosen then stays */
	const advised = useSignal(false);
	const { what, scope = "all" } = targets[Number(target.value)] ?? targets[0]!;
	const asked = (): Asked => ({
		verb: verb as RuleVerb,
		what,
		seconds: time.value ? Number(time.value) : null,
		reason: why.peek(),
		confirm: careful.value ? CONFIRM_S : null,
		up: bits(up.value),
		down: bits(down.value),
		perHost: per.value === "host",
	});
	return { target, time, why, up, down, per, careful, advised, what, scope, asked };
}

/** The preview of what is asked for, anew whenever that changes; too old, it is of no use. */
function useShown(look: ((signal: AbortSignal) => Promise<Shown>) | null, of: string) {
	const shown = useSignal<Shown | null>(null);
	const failed = useSignal<string | null>(null);
	const old = useSignal(false);
	const again = useSignal(0);
	useEffect(() => {
		shown.value = null;
		failed.value = null;
		old.value = false;
		if (!look) return;
		const abort = new AbortController();
		const run = async () => {
			try {
				shown.value = await look(abort.signal);
			} catch (error) {
				if ((error as Error).name !== "AbortError") failed.value = reasonOf(error);
			}
		};
		const later = setTimeout(() => void run(), LOOK_MS);
		return () => {
			clearTimeout(later);
			abort.abort();
		};
	}, [of, again.value]);
	useEffect(() => {
		if (!shown.value) return;
		const timer = setTimeout(() => (old.value = true), shown.value.good);
		return () => clearTimeout(timer);
	}, [shown.value]);
	return {
		shown: shown.value,
		failed: failed.value,
		old: old.value,
		lookAgain: () => void again.value++,
	};
}

/** It is in force and waits for a word that it is right: else it reverts. */
function Waiting({ id }: { id: number }) {
	const left = useSignal(CONFIRM_S);
	useEffect(() => {
		const timer = setInterval(() => left.value--, 1000);
		return () => clearInterval(timer);
	}, []);
	useEffect(() => {
		if (left.value <= 0) closeDialog();
	}, [left.value]);
	const run = async (act: () => Promise<unknown>, word: string) => {
		try {
			await act();
			toast(word);
			refresh();
		} catch (error) {
			toast(t("acts.notDone", { error: reasonOf(error) }), "bad");
		}
		closeDialog();
	};
	return (
		<Dialog title={t("acts.keepAsk", { id: String(id) })}>
			<p role="timer">{t("acts.revertsIn", { n: left.value })}</p>
			<div class="dialog-acts">
				<button
					type="button"
					onClick={() =>
						void run(() => undoRule(id), t("acts.undone", { id: String(id) }))
					}
				>
					{t("acts.undo")}
				</button>
				<button
					type="button"
					class="primary"
					autofocus
					onClick={() =>
						void run(() => confirmRule(id), t("acts.kept", { id: String(id) }))
					}
				>
					{t("acts.keep")}
				</button>
			</div>
		</Dialog>
	);
}

function Trouble({ text }: { text: string }) {
	return (
		<p class="trouble bad-text" role="alert">
			<Icon name="warn" /> {safe(text)}
		</p>
	);
}

function Fields({ verb, form }: { verb: ActVerb; form: ReturnType<typeof useAsked> }) {
	if (!isRule(verb)) return <WhyField why={form.why} />;
	return (
		<div class="act-fields">
			<Choose label={t("acts.howLong")} value={form.time} options={TIMES} />
			<WhyField why={form.why} />
		</div>
	);
}

function Rates({ form }: { form: ReturnType<typeof useAsked> }) {
	return (
		<div class="act-fields">
			<Rate label={`↑ ${t("word.upload")}`} mbit={form.up} />
			<Rate label={`↓ ${t("word.download")}`} mbit={form.down} />
			<Choose
				label={t("acts.per")}
				value={form.per}
				options={[
					["all", t("acts.perAll")],
					["host", t("acts.perHost")],
				]}
			/>
		</div>
	);
}

function Careful({ on }: { on: Signal<boolean> }) {
	return (
		<label class="check">
			<input
				type="checkbox"
				checked={on.value}
				onChange={(event) => {
					on.value = event.currentTarget.checked;
				}}
			/>{" "}
			{t("acts.careful", { n: CONFIRM_S })}
		</label>
	);
}

/** What it would meet, why that is not known, or that it is being looked at. */
function Seen({
	verb,
	shown,
	failed,
	enough,
}: {
	verb: ActVerb;
	shown: Shown | null;
	failed: string | null;
	enough: boolean;
}) {
	return (
		<div class="act-shown" aria-live="polite" aria-busy={!shown && !failed && enough}>
			{shown ? (
				<ShownAct verb={verb} of={shown} />
			) : failed ? (
				<Trouble text={failed} />
			) : (
				<p class="faint">{t(enough ? "acts.looking" : "acts.sayRate")}</p>
			)}
			{shown?.refused ? <Trouble text={shown.refused} /> : null}
		</div>
	);
}

/** Does what was shown; the number of a rule that waits for a word, else null. */
async function perform(
	verb: ActVerb,
	token: string,
	form: ReturnType<typeof useAsked>,
	tell: (state: Deletion) => void,
): Promise<number | null> {
	if (!isRule(verb)) {
		const end = await performMany(token, form.why.peek(), tell);
		if (end) toast(outcome(verb as "kill" | "forget", end), end.failed ? "bad" : "ok");
		return null;
	}
	const { id, confirm, panic } = await makeRule(token, form.why.peek());
	if (panic) toast(t("acts.inPanic", { id: String(id) }), "bad");
	else toast(t("acts.inForce", { id: String(id) }));
	return confirm === null ? null : id;
}

export function ActDialog({ verb, targets }: { verb: ActVerb; targets: Target[] }) {
	const form = useAsked(verb, targets);
	const { reason: _, ...chosen } = form.asked();
	const enough = verb !== "limit" || chosen.up !== null || chosen.down !== null;
	const look = (signal: AbortSignal) =>
		isRule(verb)
			? lookAtRule(form.asked(), signal)
			: lookAtFlows(verb, filterOf(form.what), form.scope, signal);
	const { shown, failed, old, lookAgain } = useShown(
		enough ? look : null,
		JSON.stringify(chosen),
	);
	const state = useSignal<Deletion | null>(null);
	const busy = useSignal(false);
	const error = useSignal<string | null>(null);
	const waits = useSignal<number | null>(null);
	useEffect(() => {
		if (shown?.inside && !form.advised.peek()) form.careful.value = form.advised.value = true;
	}, [shown]);
	const run = async (token: string) => {
		busy.value = true;
		error.value = null;
		try {
			waits.value = await perform(verb, token, form, (now) => (state.value = now));
			refresh();
			if (waits.peek() === null) closeDialog();
		} catch (why) {
			error.value = reasonOf(why);
			busy.value = false;
		}
	};
	if (waits.value !== null) return <Waiting id={waits.value} />;
	return (
		<Dialog title={t(WORDS[verb].ask)} onClose={closeDialog}>
			{targets.length > 1 ? (
				<Choose
					label={t("acts.what")}
					value={form.target}
					options={targets.map((one, i) => [String(i), one.label])}
				/>
			) : null}
			<code class="wrap act-what">
				{safe(targets.length > 1 ? form.what : targets[0]!.label)}
			</code>
			{verb === "limit" ? <Rates form={form} /> : null}
			<Seen verb={verb} shown={shown} failed={failed} enough={enough} />
			{state.value ? <Progress state={state.value} /> : null}
			<p class="faint">{t(WORDS[verb].means)}</p>
			<Fields verb={verb} form={form} />
			{isRule(verb) && shown?.inside ? <Careful on={form.careful} /> : null}
			{error.value ? <Trouble text={error.value} /> : null}
			<div class="dialog-acts">
				<button type="button" onClick={closeDialog} autofocus>
					{t("word.cancel")}
				</button>
				{(old || error.value) && !busy.value ? (
					<button type="button" onClick={lookAgain}>
						{t("flows.lookAgain")}
					</button>
				) : (
					<button
						type="button"
						class="danger"
						disabled={!shown?.token || shown.refused !== null || busy.value}
						onClick={() => shown?.token && void run(shown.token)}
					>
						{runWord(verb, shown)}
					</button>
				)}
			</div>
		</Dialog>
	);
}
