// SPDX-License-Identifier: BSD-2-Clause
// The names of some hosts, for pictures whose data has addresses only.

import type { HostTotals, List } from "../api/types";
import { usePolled } from "./polled";

const SECONDS = 10;
/** Who talks to those that are asked for is told, too: they are found among these. */
const LIMIT = 200;

/** By address; of whom none is known there is none. */
export function useHostNames(ips: string[]): Map<string, string> {
	const asked = ips.length ? "hosts" : null;
	const query = { filter: `ip in (${ips.join(", ")})`, live: "both", limit: LIMIT };
	const hosts = usePolled<List<HostTotals>>(asked, query, SECONDS).data.value?.items ?? [];
	return new Map(hosts.flatMap(({ ip, host }) => (host ? [[ip, host] as const] : [])));
}
