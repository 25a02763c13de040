// SPDX-License-Identifier: BSD-2-Clause
// The server's series (one second for 15 minutes, ten for a day) as what charts draw.

import { useMemo } from "preact/hooks";
import { hasSeries } from "../api/state";
import type { Series } from "../api/types";
import { lineIsKept, period } from "./period";
import { usePolled } from "./polled";
import { range } from "../core/time";

export type Values = (number | null)[];

export interface RateData {
	/** seconds */
	t: number[];
	up: Values;
	down: Values;
}

export interface Lines {
	/** seconds */
	t: number[];
	/** by the name of what they are of ("" of all): what went up, what down */
	of: Map<string, { up: Values; down: Values }>;
}

const BRIDGED = 2;

/** A second or two without a reading are part of the next one: its rate is that of the whole time since. */
export function bridged(values: Values): Values {
	const out = values.slice();
	let last = Number.NEGATIVE_INFINITY;
	values.forEach((value, i) => {
		if (value === null) return;
		if (i - last <= BRIDGED + 1) out.fill(value, last + 1, i);
		last = i;
	});
	return out;
}

export function linesOf(s: Series): Lines {
	const of: Lines["of"] = new Map();
	let n = 0;
	for (const { key, values } of s.series) {
		const dot = key.lastIndexOf(".");
		const [name, way] = [key.slice(0, Math.max(0, dot)), key.slice(dot + 1)];
		const line = of.get(name) ?? { up: [], down: [] };
		// what has one direction, as flows, stands for both
		line[way === "down" ? "down" : "up"] = bridged(values);
		of.set(name, line);
		n = Math.max(n, values.length);
	}
	const start = Date.parse(s.start) / 1000;
	return { t: Array.from({ length: n }, (_, i) => start + i * s.step_s), of };
}

/** Without the time before anything was known: while live, charts grow from where the daemon began. */
function sinceKnown({ t, of }: Lines): Lines {
	const first = t.findIndex((_, i) =>
		[...of.values()].some((line) => (line.up[i] ?? null) !== null),
	);
	if (first <= 0) return { t, of };
	return {
		t: t.slice(first),
		of: new Map(
			[...of].map(([key, line]) => [
				key,
				{ up: line.up.slice(first), down: line.down.slice(first) },
			]),
		),
	};
}

/** What a bandwidth chart draws of one of them; null: there is none. */
export function rateOf({ t, of }: Lines, key: string): RateData | null {
	const line = of.get(key);
	return line ? { t, ...line } : null;
}

const LIVE = "5m";

/** As the history calls what lines are by. */
const KEPT_BY: Record<By, string> = {
	total: "total",
	proto: "protocol",
	iface: "interface",
	host: "host",
	service: "service",
};
const MEMORY = new Set(["5m", "15m", "1h", "6h", "24h"]);

function usePolledSeries(metric: string, by: By): Series | null {
	const kept = lineIsKept.value && metric === "rate";
	const wanted = range.value === "live" ? LIVE : MEMORY.has(range.value) ? range.value : "24h";
	const quick = !kept && (wanted === LIVE || wanted === "15m");
	return usePolled<Series>(
		kept ? "history/series" : hasSeries.value ? "series" : null,
		kept ? { by: KEPT_BY[by], ...period.value } : { metric, by, range: wanted },
		quick ? 2 : 10,
	).data.value;
}

type By = "total" | "proto" | "iface" | "host" | "service";

/** Rates by a dimension (or another metric, as the API calls them) over the chosen range, asked again as often as a point is new. */
export function useLines(by: By, metric = "rate"): Lines | null {
	const series = usePolledSeries(metric, by);
	return useMemo(
		() =>
			series &&
			(range.peek() === "live" ? sinceKnown : (lines: Lines) => lines)(linesOf(series)),
		[series],
	);
}

/** Series that are no rates, by their own names. */
export function useSeries(metric: string): { t: number[]; of: Map<string, Values> } | null {
	const series = usePolledSeries(metric, "total");
	return useMemo(() => {
		if (!series) return null;
		const start = Date.parse(series.start) / 1000;
		const n = series.series[0]?.values.length ?? 0;
		const first = Math.max(0, series.series[0]?.values.findIndex((v) => v !== null) ?? 0);
		const from = range.peek() === "live" ? first : 0;
		return {
			t: Array.from({ length: n - from }, (_, i) => start + (from + i) * series.step_s),
			of: new Map(series.series.map((s) => [s.key, bridged(s.values.slice(from))])),
		};
	}, [series]);
}
