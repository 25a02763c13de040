// SPDX-License-Identifier: BSD-2-Clause
// The honesty strip: one line under the top bar whenever something is lost, missing or degraded,
// with what it means and what to do. Nothing is shown when all is well.

import { hello, lamp, summary } from "../api/live";
import type { Health, Summary } from "../api/types";
import { count } from "../lib/format";
import { grown, points, tick } from "../lib/history";
import { lossOf } from "../lib/losses";
import { usePolled } from "../lib/poll";
import { href } from "../lib/route";
import { safe } from "../lib/text";
import { Icon } from "./icons";

interface Note {
	kind: "bad" | "warn" | "info";
	text: string;
}

const MINUTE = 60_000;
const RANK = { bad: 0, warn: 1, info: 2 };

export function conntrackReason(): string | null {
	const status = summary.value?.conntrack;
	if (status) return status.available ? null : (status.reason ?? "conntrack is not available");
	const cap = hello.value?.caps?.conntrack;
	return typeof cap === "string" ? cap : null;
}

function lossNotes(): Note[] {
	const newest = points[points.length - 1];
	return Object.keys(newest?.losses ?? {}).flatMap((name): Note[] => {
		const loss = lossOf(name);
		const n = loss ? grown(name, MINUTE) : 0;
		return loss && n > 0 ? [{ kind: loss.kind, text: loss.say(count(n)) }] : [];
	});
}

function notes(s: Summary | null, health: Health | null): Note[] {
	const found: Note[] = lossNotes();
	if (lamp.value === "waiting" && s) found.push({ kind: "bad", text: "flowbpf does not answer. What you see is the last that it said." });
	for (const link of s?.interfaces ?? [])
		if (link.state !== "attached") found.push({ kind: "bad", text: `${safe(link.name)} is ${safe(link.state)}: nothing is counted there until it is back.` });
	const reason = conntrackReason();
	if (reason) found.push({ kind: "info", text: `No conntrack: ${safe(reason)}. The state and NAT columns stay empty; counters are not affected.` });
	for (const why of health?.reasons ?? []) if (!reason || !why.includes(reason)) found.push({ kind: "info", text: safe(why) });
	return found.sort((a, b) => RANK[a.kind] - RANK[b.kind]);
}

export function Strip() {
	tick.value;
	const health = usePolled<Health>("health", {}, 15);
	const found = notes(summary.value, health.data.value);
	const first = found[0];
	if (!first) return null;
	return (
		<section class={`strip ${first.kind}`} aria-label="What is lost or missing">
			<Icon name={first.kind === "info" ? "info" : "warn"} />
			<span class="strip-text">{first.text}</span>
			{found.length > 1 ? <span class="strip-more" title={found.slice(1).map((n) => n.text).join("\n")}>+{found.length - 1} more</span> : null}
			<a href={href("/settings")}>Details</a>
		</section>
	);
}
