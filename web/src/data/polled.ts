// SPDX-License-Identifier: BSD-2-Clause
// An answer of the API that is asked for again and again while a component shows it. The last
// good one stays when a later try fails.

import { type Signal, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { ask, type Query, reason } from "../api/client";
import { ofPast, secondsOf } from "../api/ofpast";
import { linkState, now, paused, refreshes } from "../api/state";
import { fleet } from "../core/time";

interface Polled<T> {
	data: Signal<T | null>;
	failed: Signal<string | null>;
}

/** What every page shows of a sensor, and a hub has not. */
const OF_SENSORS = new Set(["health", "rules"]);

/** Ask every `seconds`, of the past seldom or once; null as path asks for nothing. */
export function usePolled<T>(wanted: string | null, question: Query, usual = 2): Polled<T> {
	const path = wanted !== null && fleet.value && OF_SENSORS.has(wanted) ? null : wanted;
	const query = path === null ? question : ofPast(path, question);
	const seconds = secondsOf(query, usual);
	const polled = useMemo(
		() => ({ data: signal<T | null>(null), failed: signal<string | null>(null) }),
		[],
	);
	const what = path === null ? null : `${path}?${JSON.stringify(query)}`;
	const beat = paused.value ? -1 : Math.floor(now.value / (seconds * 1000));
	const again = refreshes.value;
	useEffect(() => {
		polled.data.value = null;
	}, [path]);
	useEffect(() => {
		if (path === null || document.hidden || linkState.peek() === "signed-out") return;
		const abort = new AbortController();
		ask<T>(path, { query, signal: abort.signal, accept: path === "health" ? [503] : [] }).then(
			(data) => {
				polled.data.value = data;
				polled.failed.value = null;
			},
			(error: unknown) => {
				if ((error as Error).name !== "AbortError") polled.failed.value = reason(error);
			},
		);
		return () => abort.abort();
	}, [what, beat, again]);
	return polled;
}
