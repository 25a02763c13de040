// SPDX-License-Identifier: BSD-2-Clause
// The honesty strip: one line under the top bar whenever something is lost, missing or degraded,
// with what it means and what to do. Nothing is shown when all is well.

import { hello, lamp, summary } from "../api/live";
import type { Summary } from "../api/types";
import { count } from "../lib/format";
import { grown, tick } from "../lib/history";
import { href } from "../lib/route";
import { safe } from "../lib/text";
import { Icon } from "./icons";

interface Note {
	kind: "bad" | "warn" | "info";
	text: string;
}

const MINUTE = 60_000;

/** Loss counters worth a line, with what their growth means. */
const LOSSES: Record<string, (n: string) => Note> = {
	map_full: (n) => ({ kind: "bad", text: `The flow map is full: ${n} packets in the last minute belong to no flow. Start with a larger --max-flows.` }),
	ring_full: (n) => ({ kind: "warn", text: `The ring buffer was full ${n} times in the last minute: names may be missing.` }),
	links_full: (n) => ({ kind: "warn", text: `${n} packets came over more interfaces than can be told apart.` }),
	conntrack_overruns: (n) => ({ kind: "warn", text: `The kernel dropped conntrack events (${n} overruns in the last minute); the table was read anew.` }),
};

export function conntrackReason(): string | null {
	const status = summary.value?.conntrack;
	if (status) return status.available ? null : (status.reason ?? "conntrack is not available");
	const cap = hello.value?.caps?.conntrack;
	return typeof cap === "string" ? cap : null;
}

function notes(s: Summary | null): Note[] {
	const found: Note[] = [];
	for (const link of s?.interfaces ?? [])
		if (link.state !== "attached")
			found.push({ kind: "bad", text: `${safe(link.name)} is ${safe(link.state)}: nothing is counted there until it is back.` });
	for (const [name, say] of Object.entries(LOSSES)) {
		const n = grown(name, MINUTE);
		if (n > 0) found.push(say(count(n)));
	}
	const reason = conntrackReason();
	if (reason) found.push({ kind: "info", text: `No conntrack: ${safe(reason)}. State and NAT columns stay empty; counters are not affected.` });
	return found;
}

export function Strip() {
	tick.value;
	const found = notes(summary.value);
	if (lamp.value === "waiting" && summary.value)
		found.unshift({ kind: "bad", text: "flowbpf does not answer. What you see is the last that it said." });
	const first = found[0];
	if (!first) return null;
	return (
		<div class={`strip ${first.kind}`} role="status">
			<Icon name={first.kind === "info" ? "info" : "warn"} />
			<span class="strip-text">{first.text}</span>
			{found.length > 1 ? <span class="strip-more">+{found.length - 1} more</span> : null}
			<a href={href("/settings")}>Details</a>
		</div>
	);
}
