// SPDX-License-Identifier: BSD-2-Clause
// The names of some hosts, for pictures whose data has addresses only.

import type { HostTotals, List } from "../api/types";
import { usePolled } from "./polled";

const SECONDS = 10;
/** Who talks to those that are asked for is told, too: they are found among these. */
const LIMIT = 200;

/** By address; of whom none is known there is none. Null: not asked yet. */
export function useHostNames(ips: string[]): Map<string, string> | null {
	const asked = ips.length ? "hosts" : null;
	const query = { filter: `ip in (${ips.join(", ")})`, live: "both", limit: LIMIT };
	const polled = usePolled<List<HostTotals>>(asked, query, SECONDS);
	const hosts = polled.data.value?.items ?? (polled.failed.value && []);
	if (asked && !hosts) return null;
	return new Map((hosts || []).flatMap(({ ip, host }) => (host ? [[ip, host] as const] : [])));
}
