// SPDX-License-Identifier: BSD-2-Clause
// The period that what history added up is shown of: the chosen time, else the last day.

import { computed } from "@preact/signals";
import type { Query } from "../api/client";
import { between, fleet, past, range } from "../core/time";

const USUAL = "24h";
const HOUR_S = 3600;
const stamp = (seconds: number) => new Date(seconds * 1000).toISOString();

/** Of a moment, the hour that ends then. */
export const period = computed<Query>(() => {
	const stretch = between.value;
	if (!stretch) return { since: `-${range.value === "live" ? USUAL : range.value}` };
	const [from, to] = stretch;
	return { since: stamp(from === to ? from - HOUR_S : from), until: stamp(to) };
});

/** Memory has finer lines of the last minutes; others are the history's, which outlives a restart. */
export const lineIsKept = computed(
	() =>
		fleet.value ||
		(past.value !== null && (between.value !== null || /[hd]$/.test(range.value))),
);
