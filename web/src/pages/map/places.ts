// SPDX-License-Identifier: BSD-2-Clause
// Sums by country of one end of the flows, of groups by country and scope. Pure.

import type { Ends, Group } from "../../api/types";
import * as filter from "../../core/filter";
import { type End, isInside } from "../../core/scope";

/** A country by its code, or what has none. */
export interface Place {
	key: string;
	count: number;
	bytes: number;
	rate_bps: number;
	/** by whoever is there, and to them */
	sent: number;
	received: number;
}

/** Private addresses are nowhere; of others no database knows where. */
export const PRIVATE = "private";
export const UNKNOWN = "unknown";
export const isCountry = (key: string): boolean => key !== PRIVATE && key !== UNKNOWN;

type Sums = Pick<Group, "keys" | "flows" | "bytes" | "rate_bps">;

const SCOPES = ["internal", "internal-external", "external-internal", "external"];

export function placesOf(groups: Sums[], end: End): Place[] {
	const places = new Map<string, Place>();
	const [from, to]: [keyof Ends, keyof Ends] = end === "src" ? ["up", "down"] : ["down", "up"];
	for (const { keys, flows, bytes, rate_bps } of groups) {
		const [code, scope = ""] = keys;
		const key = code || (isInside(scope, end) ? PRIVATE : UNKNOWN);
		let place = places.get(key);
		if (!place)
			places.set(
				key,
				(place = { key, count: 0, bytes: 0, rate_bps: 0, sent: 0, received: 0 }),
			);
		place.count += flows;
		place.bytes += bytes.up + bytes.down;
		place.rate_bps += rate_bps.up + rate_bps.down;
		place.sent += bytes[from];
		place.received += bytes[to];
	}
	return [...places.values()];
}

/** The filter that leaves the flows of a place. */
export function termOf(key: string, end: End): string {
	const field = `${end}.country`;
	if (isCountry(key)) return filter.term(field, key);
	const scopes = SCOPES.filter((scope) => isInside(scope, end) === (key === PRIVATE));
	return filter.all(filter.term(field, ""), `scope in (${scopes.join(", ")})`);
}
