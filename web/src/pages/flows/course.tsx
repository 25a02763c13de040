// SPDX-License-Identifier: BSD-2-Clause
// The names of a flow, and its course: what happened when.

import type { Flow, FlowName } from "../../api/types";
import { now } from "../../api/state";
import * as filter from "../../core/filter";
import * as fmt from "../../core/format";
import { flowsWith } from "../../core/pagefilter";
import { safe } from "../../core/text";
import { closedHelp, sourceOf, wordHelp } from "../../ui/cells";
import { t } from "../../words/t";

export function Names({ names }: { names: FlowName[] }) {
	return (
		<ul class="names">
			{names.map((n) => (
				<li key={n.name + n.source}>
					<a href={flowsWith(filter.term("dst.host", n.name))}>
						<bdi>{safe(n.name)}</bdi>
					</a>
					{n.unicode ? (
						<bdi title={t("flows.sameNameUnicode")}>{safe(n.unicode)}</bdi>
					) : null}
					<span class="faint">
						{t("flows.sourceAgo", {
							source: sourceOf(n.source).help,
							time: fmt.duration(n.age_s * 1000),
						})}
					</span>
					{n.flags.map((flag) => (
						<span key={flag} class="chip flat" title={wordHelp("name.flags", flag)}>
							{flag}
						</span>
					))}
				</li>
			))}
		</ul>
	);
}

const HELLOS = new Set(["sni", "quic", "http", "ech"]);

/** When a name was seen. Its age comes in whole seconds: the first reckoning stays, so that it does not tremble. */
const seenAt = new Map<string, number>();

/** Another flow is looked at. */
export const forgetSeen = () => seenAt.clear();

function timeOf(f: Flow, n: FlowName): number {
	const key = `${f.id} ${n.source} ${n.name}`;
	const at =
		seenAt.get(key) ??
		Math.max(Date.parse(f.first_seen) + (f.rtt_ms ?? 0), now.peek() - n.age_s * 1000);
	seenAt.set(key, at);
	return at;
}

/** What is known of its course, in order: each with its distance from the first packet. */
function courseOf(f: Flow): [string, number][] {
	const first = Date.parse(f.first_seen);
	const steps: [string, number][] = [
		[f.partial ? t("flows.firstSeenMid") : t("flows.firstPacket"), first],
	];
	if (f.rtt_ms != null && !f.partial)
		steps.push([
			f.proto === "tcp" ? t("flows.handshakeAnswered") : t("flows.answered"),
			first + f.rtt_ms,
		]);
	for (const n of f.names)
		if (HELLOS.has(n.source ?? ""))
			steps.push([`${sourceOf(n.source).short} ${safe(n.name)}`, timeOf(f, n)]);
	steps.push([t("flows.lastPacket"), Date.parse(f.last_seen)]);
	if (f.closed)
		steps.push([
			t("flows.closedBecause", { reason: closedHelp(f.closed.reason) }),
			Date.parse(f.closed.at ?? f.last_seen),
		]);
	return steps.sort((a, b) => a[1] - b[1]);
}

export function Timeline({ f }: { f: Flow }) {
	const steps = courseOf(f);
	return (
		<ol class="timeline">
			{steps.map(([what, at]) => (
				<li key={what}>
					<time
						class="mono"
						dateTime={new Date(at).toISOString()}
						title={fmt.fullTime(at)}
					>
						{fmt.clock(at, "ms")}
					</time>
					<span class="timeline-what">{what}</span>
					<span class="faint">
						{at > steps[0]![1] ? `+${fmt.durationFine(at - steps[0]![1])}` : ""}
					</span>
				</li>
			))}
		</ol>
	);
}
