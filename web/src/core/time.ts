// SPDX-License-Identifier: BSD-2-Clause
// What time the page shows: this second, a range that ends now (?range=), or a stretch chosen on a
// chart or by scrubbing (?at=, seconds). What memory still has of it is a term of everybody's filter;
// what it no longer has is asked of the history on disk.

import { computed, signal } from "@preact/signals";
import { param, setParams } from "./route";
import { t } from "../words/t";

export const RANGES: [string, string][] = [
	["live", t("word.live")],
	["5m", t("time.minutes", { n: 5 })],
	["15m", t("time.minutes", { n: 15 })],
	["1h", t("time.hours", { n: 1 })],
	["6h", t("time.hours", { n: 6 })],
	["24h", t("time.hours", { n: 24 })],
	["7d", t("time.days", { n: 7 })],
	["30d", t("time.days", { n: 30 })],
	["90d", t("time.days", { n: 90 })],
];

export const range = param("range", "live");
const at = param("at");

/** Seconds since 1970, both included; null: no stretch is chosen. */
export const between = computed<[number, number] | null>(() => {
	const [from, to] = at.value.split("-").map(Number);
	return from && to && from <= to ? [from, to] : null;
});

/** The one second that was scrubbed to. */
export const moment = computed(() =>
	between.value && between.value[0] === between.value[1] ? between.value[0] : null,
);

/** The strip on which it is chosen is there. */
export const stripOpen = signal(false);

/** A page that was paused when its address was taken opens at that moment. */
export function takeStill(): void {
	const still = Number(param("still").peek());
	if (still > 0) setParams({ still: null, ...(at.peek() ? {} : { at: `${still}-${still}` }) });
}

/** For an input of a date and time, in the viewer's own zone; and back. */
export const toLocal = (seconds: number): string => {
	const date = new Date(seconds * 1000);
	return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
};
export const fromLocal = (text: string): number => new Date(text).getTime() / 1000;

const stamp = (seconds: number) => new Date(seconds * 1000).toISOString().replace(".000", "");

/** This is a hub of a fleet, which has what its sensors wrote: there is no now. */
export const fleet = signal(false);
const FLEET_RANGE = "24h"; // in place of now

/** Of a fleet: a connection that several sensors saw counts once (?once=1). */
const onceParam = param("once");
export const once = computed(() => fleet.value && onceParam.value !== "");
export const onceQuery = computed<{ once?: "true" }>(() => (once.value ? { once: "true" } : {}));

/** Flows that were there in the chosen time. */
export const timeTerm = computed(() => {
	if (between.value)
		return `last_seen>=${stamp(between.value[0])} and first_seen<=${stamp(between.value[1])}`;
	return range.value === "live" ? "" : `last_seen>=-${range.value}`;
});

/** The server writes flows that end to disk; told by what hears it say so, null until then. */
export const keepsHistory = signal<boolean | null>(null);

/** What is asked of the history; a moment for the table as it was then. */
export type Past =
	{ source: "history"; since: string; until?: string; once?: "true" } | { at: string };

const IN_MEMORY_S = 300;

/** A second is the minute before it: a fleet has no moments. */
function pastOfFleet(stretch: [number, number] | null): Past {
	const asked = { source: "history" as const, ...onceQuery.value };
	if (!stretch)
		return { ...asked, since: `-${range.value === "live" ? FLEET_RANGE : range.value}` };
	const [from, to] = stretch;
	return { ...asked, since: stamp(from === to ? from - 60 : from), until: stamp(to) };
}

/**
 * Null: memory has all of the chosen time, or nothing else has any. Before the server has said so, it
 * is asked as one that keeps a history: what is past is in no memory.
 */
export const past = computed<Past | null>(() => {
	const stretch = between.value;
	if (fleet.value) return pastOfFleet(stretch);
	if (keepsHistory.value === false) return null;
	if (!stretch)
		return range.value === "live" || range.value === "5m"
			? null
			: { source: "history", since: `-${range.value}` };
	const [from, to] = stretch;
	if (from > Date.now() / 1000 - IN_MEMORY_S) return null;
	return from === to
		? { at: stamp(from) }
		: { source: "history", since: stamp(from), until: stamp(to) };
});

/** The same as a term, where memory has it. */
export const memoryTerm = computed(() => (past.value ? "" : timeTerm.value));

/** Of a time that is past, the ended ones are shown too. */
export const liveness = computed<"live" | "both">(() =>
	timeTerm.value || fleet.value ? "both" : "live",
);

export function setBetween(stretch: [number, number] | null, push = true): void {
	setParams({ at: stretch && `${Math.floor(stretch[0])}-${Math.ceil(stretch[1])}` }, push);
}

export function setRange(next: string): void {
	setParams({ range: next === "live" ? null : next, at: null }, true);
}
