// SPDX-License-Identifier: BSD-2-Clause
// When a rule would have fired by what history has, before it is kept.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { reason } from "../../api/client";
import type { AlertTry } from "../../api/schema";
import * as fmt from "../../core/format";
import { safe } from "../../core/text";
import { tryRule } from "../../data/alerts";
import { type Choice, Options } from "../../ui/options";
import { t } from "../../words/t";

const SHOWN = 20;
const SPANS: Choice[] = [
	["1h", t("time.hours", { n: 1 })],
	["6h", t("time.hours", { n: 6 })],
	["24h", t("time.hours", { n: 24 })],
	["7d", t("time.days", { n: 7 })],
];

function Times({ answer }: { answer: AlertTry }) {
	const newest = [...answer.items].reverse().slice(0, SHOWN);
	return (
		<ul class="trial-times">
			{newest.map((time) => (
				<li key={`${time.from} ${time.key}`}>
					<span class="mono">{fmt.fullTime(time.from)}</span>{" "}
					<span class="faint">
						{time.to === null
							? t("alerts.wouldStill")
							: fmt.duration(Date.parse(time.to) - Date.parse(time.from))}
					</span>{" "}
					<strong>{safe(time.key ?? "")}</strong> {safe(time.sentence)}
					{time.silent ? <span class="faint"> · {safe(time.silent)}</span> : null}
				</li>
			))}
		</ul>
	);
}

function Answer({ answer }: { answer: AlertTry }) {
	if (answer.times === null)
		return <p class="faint">{t("alerts.notKnown", { why: safe(answer.lack ?? "") })}</p>;
	return (
		<>
			<p>
				<strong>{t("alerts.wouldHave", { n: answer.times })}</strong>{" "}
				{answer.told < answer.times ? t("alerts.wouldTell", { n: answer.told }) : null}
				{answer.note ? <span class="faint"> {safe(answer.note)}</span> : null}
			</p>
			<Times answer={answer} />
		</>
	);
}

/** What was answered is of the rule that was tried: one that has changed has no answer. */
export function Trial({ rule, ready }: { rule: string; ready: boolean }) {
	const span = useSignal("6h");
	const asked = useRef(new AbortController());
	const answer = useSignal<AlertTry | string | null>(null);
	const busy = useSignal(false);
	const drop = () => {
		asked.current.abort();
		answer.value = null;
		busy.value = false;
	};
	useEffect(() => drop, []);
	useEffect(drop, [rule, span.value]);
	const run = async () => {
		drop();
		const given = (asked.current = new AbortController());
		busy.value = true;
		const got = await tryRule(rule, span.peek(), given.signal).catch(reason);
		if (given.signal.aborted) return;
		answer.value = got;
		busy.value = false;
	};
	const got = answer.value;
	return (
		<section class="trial" aria-label={t("alerts.try")}>
			<div class="act-fields">
				<label class="picker">
					<span>{t("alerts.tryOn")}</span>
					<select
						value={span.value}
						onChange={(event) => {
							span.value = event.currentTarget.value;
						}}
					>
						<Options list={SPANS} />
					</select>
				</label>
				<button type="button" disabled={!ready || busy.value} onClick={() => void run()}>
					{t("alerts.try")}
				</button>
			</div>
			<div aria-live="polite" aria-busy={busy.value}>
				{busy.value ? <p class="faint">{t("acts.looking")}</p> : null}
				{typeof got === "string" ? <p class="bad-text">{safe(got)}</p> : null}
				{got && typeof got !== "string" ? <Answer answer={got} /> : null}
			</div>
		</section>
	);
}
