// SPDX-License-Identifier: BSD-2-Clause
// The last minutes of the summary, a number a second, for sparklines, the bandwidth chart and
// "in the last minute". Primed from the server's series so that a fresh page is not empty.

import { effect, signal } from "@preact/signals";
import { ask } from "../api/client";
import { hasSeries, onSummary } from "../api/live";
import type { Pair, Series, Summary } from "../api/types";

export const KEPT = 900;

export interface Point {
	t: number; // ms, server time
	up: number | null;
	down: number | null;
	flows: number | null;
	fresh: number | null;
	pps: number | null;
	entries: number | null;
	losses: Record<string, number>;
}

export const points: Point[] = [];
/** counts up with every point */
export const tick = signal(0);

const sum = (value: Pair | number | null | undefined) =>
	value == null ? null : typeof value === "number" ? value : value.up + value.down;

function take(s: Summary): void {
	const t = Date.parse(s.server_time ?? s.as_of);
	const last = points[points.length - 1];
	if (last && t <= last.t) return;
	points.push({
		t, up: s.rate_bps.up, down: s.rate_bps.down, flows: s.active_flows, fresh: s.new_per_s,
		pps: sum(s.pps), entries: s.conntrack?.entries ?? null,
		losses: { ...s.losses, conntrack_overruns: s.conntrack?.overruns ?? 0 },
	});
	if (points.length > KEPT) points.splice(0, points.length - KEPT);
	tick.value++;
}

/** How much a loss counter grew in the last `ms`. */
export function grown(name: string, ms: number): number {
	const last = points[points.length - 1];
	if (!last) return 0;
	const first = points.find((p) => p.t >= last.t - ms && Object.keys(p.losses).length) ?? last;
	return Math.max(0, (last.losses[name] ?? 0) - (first.losses[name] ?? 0));
}

async function prime(): Promise<void> {
	try {
		const rates = await ask<Series>("series", { query: { metric: "rate", range: "15m" } });
		const start = Date.parse(rates.start);
		const line = (key: string) => rates.series.find((s) => s.key === key)?.values ?? [];
		const up = line("up");
		const down = line("down");
		const first = points[0]?.t ?? Number.POSITIVE_INFINITY;
		const older: Point[] = [];
		for (let i = 0; i < Math.max(up.length, down.length); i++) {
			const t = start + i * rates.step_s * 1000;
			if (t >= first - 500) break;
			older.push({
				t, up: up[i] ?? null, down: down[i] ?? null, flows: null, fresh: null, pps: null,
				entries: null, losses: {},
			});
		}
		points.unshift(...older);
		tick.value++;
	} catch {
		// no series: the chart fills from now on
	}
}

export function startHistory(): void {
	onSummary(take);
	effect(() => {
		if (hasSeries.value) void prime();
	});
}
