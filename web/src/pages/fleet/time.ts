// SPDX-License-Identifier: BSD-2-Clause
// What time a hub's Overview is about: the chosen one, else the last hour.

import { computed } from "@preact/signals";
import type { Query } from "../../api/client";
import { between, range } from "../../core/time";

const USUAL = "1h";
const WEEK_S = 7 * 86400;
const stamp = (seconds: number) => new Date(seconds * 1000).toISOString();

/** As the server takes it; of a moment the hour that ends then. */
export const fleetPeriod = computed<Query>(() => {
	const stretch = between.value;
	if (!stretch) return { since: `-${range.value === "live" ? USUAL : range.value}` };
	const [from, to] = stretch;
	return { since: stamp(from === to ? from - 3600 : from), until: stamp(to) };
});

/** Since when sensors are asked how they fared until now: a week ago at most. */
export function sinceOf(period: Query): string {
	const since = String(period.since);
	if (/^-\d+d$/.test(since)) return "-7d";
	const ago = Date.now() / 1000 - Date.parse(since) / 1000;
	return ago > WEEK_S - 60 ? "-7d" : since;
}
