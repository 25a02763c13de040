// SPDX-License-Identifier: BSD-2-Clause
// The last minutes of the summary, a number a second, for sparklines, the bandwidth chart and
// "in the last minute". Primed from the server's series so that a fresh page is not empty.

import { effect, signal, untracked } from "@preact/signals";
import { ask } from "../api/client";
import { hasSeries, onSummary, upsets } from "../api/state";
import type { Series, Summary } from "../api/types";
import { costsCounts } from "./losses";
import { bridged } from "./series";

export const KEPT = 900;

interface Point {
	t: number; // ms, server time
	up: number | null;
	down: number | null;
	flows: number | null;
	fresh: number | null;
	pps: number | null;
	entries: number | null;
	losses: Record<string, number>;
	/** something was lost in this second */
	lossy: boolean;
}

export const points: Point[] = [];
/** counts up with every point */
export const tick = signal(0);

function take(s: Summary): void {
	const t = Date.parse(s.server_time ?? s.as_of);
	const last = points[points.length - 1];
	if (last && t <= last.t) return;
	const losses = s.losses;
	points.push({
		t,
		up: s.rate_bps.up,
		down: s.rate_bps.down,
		flows: s.active_flows,
		fresh: s.new_per_s,
		pps: s.pps.up + s.pps.down,
		entries: s.conntrack.entries,
		losses,
		lossy: Object.entries(last?.losses ?? {}).some(
			([name, n]) => costsCounts(name) && (losses[name] ?? 0) > n,
		),
	});
	if (points.length > KEPT) points.splice(0, points.length - KEPT);
	tick.value++;
}

/** The second that holds this time (ms); null: not remembered. */
export function pointAt(t: number): Point | null {
	for (let i = points.length - 1; i >= 0; i--)
		if (points[i]!.t < t + 1000) return t - points[i]!.t < 3000 ? points[i]! : null;
	return null;
}

/** How much a loss counter grew in the last `ms`. */
export function grown(name: string, ms: number): number {
	const last = points[points.length - 1];
	if (!last) return 0;
	const first = points.find((p) => p.t >= last.t - ms && Object.keys(p.losses).length) ?? last;
	return Math.max(0, (last.losses[name] ?? 0) - (first.losses[name] ?? 0));
}

type Known = keyof Pick<Point, "up" | "down" | "flows" | "pps" | "fresh" | "entries">;
/** as the series of the summary call them */
const CALLED: Record<Known, string> = {
	up: "up",
	down: "down",
	flows: "flows",
	pps: "pps",
	fresh: "new",
	entries: "entries",
};

/** The seconds (since 1970) in which something was lost. */
export function lostSeconds(): number[] {
	return points.filter((p) => p.lossy).map((p) => p.t / 1000);
}

async function prime(): Promise<void> {
	try {
		const answer = await ask<Series>("series", { query: { metric: "summary", range: "15m" } });
		const lines = Object.fromEntries(answer.series.map((s) => [s.key, bridged(s.values)]));
		const { start, step_s } = answer;
		const first = points[0]?.t ?? Number.POSITIVE_INFINITY;
		const older: Point[] = [];
		for (let i = 0; i < (lines.up?.length ?? 0); i++) {
			const t = Date.parse(start) + i * step_s * 1000;
			const at = (key: Known) => lines[CALLED[key]]?.[i] ?? null;
			if (t >= first - 500) break;
			if (at("up") !== null || older.length)
				older.push({
					t,
					up: at("up"),
					down: at("down"),
					flows: at("flows"),
					fresh: at("fresh"),
					pps: at("pps"),
					entries: at("entries"),
					losses: {},
					lossy: false,
				});
		}
		points.unshift(...older);
		tick.value++;
	} catch {
		// no series: the chart fills from now on
	}
}

/** What was remembered by a clock that was set since, as far as it is by the old one. */
function follow(by: number): void {
	const newest = points[points.length - 1]?.t ?? 0;
	for (const point of points) if (by < 0 || newest - point.t > by / 2) point.t += by;
	tick.value++;
}

export function startHistory(): void {
	onSummary(take);
	effect(() => {
		const last = upsets.value[upsets.value.length - 1];
		if (last?.kind === "clock") untracked(() => follow(last.by));
	});
	effect(() => {
		if (hasSeries.value) void prime();
	});
}
