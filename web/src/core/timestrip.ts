// SPDX-License-Identifier: BSD-2-Clause
// The strip on which a time is chosen by hand: what of time shows, how far a step goes, what a drag
// makes of the chosen time, where its marks are. Seconds since 1970 throughout.

const HOUR = 3600;
const DAY = 24 * HOUR;

export type Span = readonly [from: number, to: number];

/** What may show at once. */
export const ZOOMS: readonly number[] = [
	HOUR / 4,
	HOUR,
	6 * HOUR,
	DAY,
	7 * DAY,
	30 * DAY,
	90 * DAY,
];

/** What one arrow key goes, and a pointer stops at. */
export const stepOf = (zoom: number): number => (zoom <= HOUR ? 1 : zoom <= DAY ? 60 : HOUR);

export const holds = (window: Span, [from, to]: Span): boolean =>
	from >= window[0] && to <= window[1];

/** The least that shows all of a time; of a moment, what has steps of a second. */
export const zoomFor = ([from, to]: Span): number =>
	from === to ? HOUR : (ZOOMS.find((zoom) => zoom >= to - from) ?? ZOOMS[ZOOMS.length - 1]!);

/** A window with a time in its middle, none of it in the future. */
export function windowAround([from, to]: Span, zoom: number, now: number): Span {
	const end = Math.min(now, Math.round((from + to + zoom) / 2));
	return [end - zoom, end];
}

/** What is held: one edge, all of the chosen time, or nothing of it: another is drawn. */
export type Hold = "from" | "to" | "both" | "new";

const sorted = (a: number, b: number): Span => (a < b ? [a, b] : [b, a]);

/** The chosen time after what was grabbed at one time is let go at another. */
export function dragged(hold: Hold, was: Span, grabbed: number, at: number, now: number): Span {
	if (hold === "new") return sorted(grabbed, at);
	if (hold === "from") return sorted(at, was[1]);
	if (hold === "to") return sorted(was[0], at);
	const by = Math.min(at - grabbed, now - was[1]);
	return [was[0] + by, was[1] + by];
}

const FAR = 10; // steps of Shift and an arrow
const PAGES = 8; // of a window

/** Where a key moves an edge or a moment; null: it is none of these keys. */
export function stepped(key: string, shift: boolean, at: number, window: Span): number | null {
	const zoom = window[1] - window[0];
	const step = stepOf(zoom) * (shift ? FAR : 1);
	const page = Math.round(zoom / PAGES);
	const to: Record<string, number> = {
		ArrowLeft: at - step,
		ArrowDown: at - step,
		ArrowRight: at + step,
		ArrowUp: at + step,
		PageDown: at - page,
		PageUp: at + page,
		Home: window[0],
		End: window[1],
	};
	return to[key] ?? null;
}

const MARKS = [
	...[60, 120, 300, 600, 900, 1800, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR],
	...[1, 2, 7, 14, 28].map((days) => days * DAY),
];

/** Round times of the viewer's own clock, `most` at most; `ahead` is how far that is before UTC. */
export function marksOf([from, to]: Span, most: number, ahead: number): number[] {
	const step = MARKS.find((one) => (to - from) / one <= most) ?? MARKS[MARKS.length - 1]!;
	const first = Math.ceil((from + ahead) / step) * step - ahead;
	return Array.from(
		{ length: Math.max(0, Math.floor((to - first) / step) + 1) },
		(_, i) => first + i * step,
	);
}
