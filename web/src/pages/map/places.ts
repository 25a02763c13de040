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

/** Where shades begin, the darkest first: 1, 3, 10, 30, ... below the most. */
export function shadesOf(most: number, least = 0): number[] {
	const all: number[] = [];
	let decade = 10 ** Math.floor(Math.log10(Math.max(most, 1e-9)));
	while (all.length < SHADES - 1 && decade >= 1e-9) {
		for (const step of [3 * decade, decade])
			if (step <= most && step > least && all.length < SHADES - 1) all.push(step);
		decade /= 10;
	}
	return all;
}

export const SHADES = 5;

/** 1 is the lightest. */
export function shadeOf(value: number, shades: number[]): number {
	const at = shades.findIndex((from) => value >= from);
	return at < 0 ? SHADES - shades.length : SHADES - at;
}
