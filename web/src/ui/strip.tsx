// SPDX-License-Identifier: BSD-2-Clause
// The honesty strip: one line under the top bar whenever something is lost, missing or degraded,
// with what it means and what to do. Nothing is shown when all is well.

import { signal } from "@preact/signals";
import { hello, lamp, summary } from "../api/state";
import type { Health, Summary } from "../api/types";
import { count } from "../core/format";
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

function notes(s: Summary | null, health: Health | null): Note[] {
	const found: Note[] = lossNotes();
	if (lamp.value === "waiting" && s)
		found.push({
			kind: "bad",
			text: "flowbpf does not answer. What you see is the last that it said.",
			act: "On its machine: flowbpf status.",
		});
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
