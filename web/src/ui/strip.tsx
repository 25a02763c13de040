// SPDX-License-Identifier: BSD-2-Clause
// The honesty strip: one line under the top bar whenever something is lost, missing or degraded,
// with what it means and what to do. Nothing is shown when all is well.

import { signal } from "@preact/signals";
import {
	capture,
	hello,
	late,
	linkState,
	now,
	stale,
	summary,
	type Upset,
	upsets,
} from "../api/state";
import type { Health, Summary } from "../api/types";
import { clock, count, duration } from "../core/format";
import { grown, points, tick } from "../data/lastminutes";
import { lossOf } from "../data/losses";
import { usePolled } from "../data/polled";
import { href } from "../core/route";
import { safe } from "../core/text";
import { Icon } from "./icons";
import { t } from "../words/t";

interface Note {
	kind: "bad" | "warn" | "info";
	text: string;
	act?: string | undefined;
}

const MINUTE = 60_000;
const RANK = { bad: 0, warn: 1, info: 2 };

function conntrackReason(): string | null {
	const status = summary.value?.conntrack;
	if (status)
		return status.available ? null : (status.reason ?? t("strip.conntrackNotAvailable"));
	const cap = hello.value?.caps.conntrack;
	return typeof cap === "string" ? cap : null;
}

function lossNotes(): Note[] {
	const newest = points[points.length - 1];
	return Object.keys(newest?.losses ?? {}).flatMap((name): Note[] => {
		const loss = lossOf(name);
		const n = grown(name, MINUTE);
		return n > 0 ? [{ kind: loss.kind, text: loss.say(count(n)), act: loss.act }] : [];
	});
}

const ON_ITS_MACHINE = t("strip.onItsMachine");

/** Figures that are no longer true, with their age: of a server that is gone, or that stands still. */
function staleNotes(s: Summary | null): Note[] {
	if (!stale.value) return [];
	const time = clock(s?.as_of);
	const shown = late.value
		? t("strip.figuresOfAge", { time, age: duration(late.value * 1000) })
		: t("strip.figuresOf", { time });
	return [
		linkState.value === "waiting"
			? { kind: "bad", text: t("strip.noAnswer", { shown }), act: ON_ITS_MACHINE }
			: { kind: "warn", text: t("strip.standsStill", { shown }), act: ON_ITS_MACHINE },
	];
}

const UPSET_MS = 120_000; // is told for so long

const UPSETS: Record<Upset["kind"], (upset: Upset) => Note> = {
	boot: ({ at }) => ({
		kind: "info",
		text: t("strip.restarted", { time: clock(at) }),
		act: t("strip.restartedAct"),
	}),
	clock: ({ at, by }) => ({
		kind: "warn",
		text: t(by > 0 ? "strip.clockAhead" : "strip.clockBack", {
			by: duration(Math.abs(by)),
			time: clock(at),
		}),
		act: t("strip.clockAct"),
	}),
};

function upsetNotes(): Note[] {
	return upsets.value
		.filter(({ at }) => now.value - at < UPSET_MS && at - now.value < UPSET_MS)
		.map((upset) => UPSETS[upset.kind](upset));
}

/** of the server's reasons, the one that has a line of its own in the head */
const PANIC = "panic is on";

function notes(s: Summary | null, health: Health | null): Note[] {
	const found: Note[] = [...staleNotes(s), ...upsetNotes(), ...lossNotes()];
	for (const link of s?.interfaces ?? [])
		if (link.state === "waiting")
			found.push({
				kind: "info",
				text: t("strip.notThere", { name: safe(link.name) }),
				act: t("strip.notThereAct"),
			});
		else if (link.state !== "attached")
			found.push({
				kind: "bad",
				text: t("strip.down", { name: safe(link.name), state: safe(link.state) }),
				act: t("strip.downAct"),
			});
	const reason = conntrackReason();
	if (capture.value !== null)
		found.push({
			kind: "info",
			text: t("strip.capture", { name: safe(capture.value), time: clock(s?.as_of) }),
		});
	else if (reason)
		found.push({
			kind: "info",
			text: t("strip.noConntrack", { reason: safe(reason) }),
			act: t("strip.noConntrackAct"),
		});
	for (const why of health?.reasons ?? [])
		if (!why.startsWith(PANIC) && (!reason || !why.includes(reason)))
			found.push({ kind: "info", text: safe(why) });
	return found.sort((a, b) => RANK[a.kind] - RANK[b.kind]);
}

const open = signal(false);

function Line({ note }: { note: Note }) {
	return (
		<span class="strip-text">
			{note.text}
			{note.act ? <span class="faint"> {note.act}</span> : null}
		</span>
	);
}

export function Strip() {
	tick.value;
	const health = usePolled<Health>("health", {}, 15);
	const [first, ...rest] = notes(summary.value, health.data.value);
	if (!first) return null;
	return (
		<section class={`strip ${first.kind}`} aria-label={t("strip.label")}>
			<Icon name={first.kind === "info" ? "info" : "warn"} />
			<Line note={first} />
			{rest.length ? (
				<button
					type="button"
					class="chip"
					aria-expanded={open.value}
					onClick={() => {
						open.value = !open.value;
					}}
				>
					{open.value ? t("strip.less") : t("word.nMore", { n: rest.length })}
				</button>
			) : null}
			<a href={href("/settings")}>{t("word.details")}</a>
			{rest.length && open.value ? (
				<ul class="strip-rest">
					{rest.map((note) => (
						<li key={note.text}>
							<Line note={note} />
						</li>
					))}
				</ul>
			) : null}
		</section>
	);
}
