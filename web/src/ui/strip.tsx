// SPDX-License-Identifier: BSD-2-Clause
// The honesty strip: one line under the top bar whenever something is lost, missing or degraded,
// with what it means and what to do. Nothing is shown when all is well.

import { signal } from "@preact/signals";
import { hello, late, linkState, now, stale, summary, type Upset, upsets } from "../api/state";
import type { Health, Summary } from "../api/types";
import { clock, count, duration } from "../core/format";
import { grown, points, tick } from "../data/lastminutes";
import { lossOf } from "../data/losses";
import { usePolled } from "../data/polled";
import { href } from "../core/route";
import { safe } from "../core/text";
import { Icon } from "./icons";

interface Note {
	kind: "bad" | "warn" | "info";
	text: string;
	act?: string | undefined;
}

const MINUTE = 60_000;
const RANK = { bad: 0, warn: 1, info: 2 };

function conntrackReason(): string | null {
	const status = summary.value?.conntrack;
	if (status) return status.available ? null : (status.reason ?? "conntrack is not available");
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

const ON_ITS_MACHINE = "On its machine: flowbpf status.";

/** Figures that are no longer true, with their age: of a server that is gone, or that stands still. */
function staleNotes(s: Summary | null): Note[] {
	if (!stale.value) return [];
	const age = late.value ? `, ${duration(late.value * 1000)} ago` : "";
	const shown = `Figures are of ${clock(s?.as_of)}${age}`;
	return [
		linkState.value === "waiting"
			? { kind: "bad", text: `flowbpf does not answer. ${shown}.`, act: ON_ITS_MACHINE }
			: { kind: "warn", text: `flowbpf stands still. ${shown}.`, act: ON_ITS_MACHINE },
	];
}

const UPSET_MS = 120_000; // is told for so long

const UPSETS: Record<Upset["kind"], (upset: Upset) => Note> = {
	boot: ({ at }) => ({
		kind: "info",
		text: `flowbpf was restarted at ${clock(at)}: counters begin anew.`,
		act: "Connections that ended before are not remembered.",
	}),
	clock: ({ at, by }) => ({
		kind: "warn",
		text: `The clock of flowbpf's machine was set ${by > 0 ? "ahead" : "back"} by ${duration(Math.abs(by))}, to ${clock(at)}.`,
		act: "Times before are by the old clock; durations and rates are not affected.",
	}),
};

function upsetNotes(): Note[] {
	return upsets.value
		.filter(({ at }) => now.value - at < UPSET_MS && at - now.value < UPSET_MS)
		.map((upset) => UPSETS[upset.kind](upset));
}

function notes(s: Summary | null, health: Health | null): Note[] {
	const found: Note[] = [...staleNotes(s), ...upsetNotes(), ...lossNotes()];
	for (const link of s?.interfaces ?? [])
		if (link.state === "waiting")
			found.push({
				kind: "info",
				text: `${safe(link.name)} is not there yet.`,
				act: "It is attached as soon as it is there.",
			});
		else if (link.state !== "attached")
			found.push({
				kind: "bad",
				text: `${safe(link.name)} is ${safe(link.state)}: nothing is counted there.`,
				act: "It is attached again by itself when it comes back.",
			});
	const reason = conntrackReason();
	if (reason)
		found.push({
			kind: "info",
			text: `No conntrack: ${safe(reason)}.`,
			act: "The state and NAT columns stay empty; counters are not affected.",
		});
	for (const why of health?.reasons ?? [])
		if (!reason || !why.includes(reason)) found.push({ kind: "info", text: safe(why) });
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
		<section class={`strip ${first.kind}`} aria-label="What is lost or missing">
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
					{open.value ? "less" : `${rest.length} more`}
				</button>
			) : null}
			<a href={href("/settings")}>Details</a>
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
