// SPDX-License-Identifier: BSD-2-Clause
// Time under a finger: rates from minutes to 90 days back, on which a moment or a stretch is drawn,
// moved and changed by mouse, touch and keyboard. What is dragged is shown by all pages as it goes.

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { now, paused } from "../api/state";
import type { Series } from "../api/types";
import * as fmt from "../core/format";
import { iface } from "../core/pagefilter";
import { narrow, units } from "../core/settings";
import { setBetween } from "../core/time";
import {
	dragged,
	type Hold,
	holds,
	marksOf,
	type Span,
	stepOf,
	stepped,
	windowAround,
	ZOOMS,
	zoomFor,
} from "../core/timestrip";
import { usePolled } from "../data/polled";
import { linesOf, type RateData, rateOf, type Values } from "../data/series";
import { Icon } from "./icons";
import { Options } from "./options";
import { Segment } from "./segment";
import { t } from "../words/t";

const REST_MS = 150;
const HEIGHT = 100; // of the drawing's own units
const NEAR_PX = 14; // of an edge that is meant
const STILL_PX = 4; // a pointer that moved less was a click
const ASK_S = 30;

const zoom = signal(ZOOMS[3]!);
/** null: the strip ends now, and goes along */
const end = signal<number | null>(null);
const nowS = computed(() => Math.floor(now.value / 1000));
const view = computed<Span>(() => {
	const to = end.value ?? nowS.value;
	return [to - zoom.value, to];
});

/** What is being dragged, before pages follow. */
const aim = signal<Span | null>(null);
let rest: ReturnType<typeof setTimeout> | undefined;
/** the address of this drag is a step of its own for "back" */
let fresh = true;

function choose([from, to]: Span): void {
	clearTimeout(rest);
	aim.value = null;
	paused.value = from === to;
	setBetween([from, to], fresh);
	fresh = false;
}

/** Pages follow a hand once it rests. */
function follow(span: Span): void {
	aim.value = span;
	clearTimeout(rest);
	rest = setTimeout(() => choose(span), REST_MS);
}

function show(next: number, around: Span): void {
	const [, to] = windowAround(around, next, nowS.peek());
	zoom.value = next;
	end.value = to >= nowS.peek() ? null : to;
}

/** To the coarser or finer one, what is in the middle stays there. */
function zoomBy(by: number, around: Span): void {
	const next = ZOOMS[ZOOMS.indexOf(zoom.peek()) + by];
	if (next) show(next, around);
}

function turn(windows: number): void {
	const to = view.peek()[1] + Math.round(windows * zoom.peek());
	end.value = to >= nowS.peek() ? null : to;
}

const ZOOM_WORDS: [string, string][] = ZOOMS.map((one) => [
	String(one),
	one < 3600
		? t("time.minutes", { n: one / 60 })
		: one <= 86400
			? t("time.hours", { n: one / 3600 })
			: t("time.days", { n: one / 86400 }),
]);

function Zooms({ onPick }: { onPick: (zoom: number) => void }) {
	const value = String(zoom.value);
	if (!narrow.value)
		return (
			<Segment
				kind="tiny"
				label={t("time.shows")}
				value={value}
				options={ZOOM_WORDS}
				onPick={(key) => onPick(Number(key))}
			/>
		);
	return (
		<select
			aria-label={t("time.shows")}
			value={value}
			onChange={(event) => onPick(Number(event.currentTarget.value))}
		>
			<Options list={ZOOM_WORDS} />
		</select>
	);
}

/** What shows of time: how much, and the half before and after. */
function StripTools({ chosen }: { chosen: Span }) {
	return (
		<div class="strip-tools">
			<button
				type="button"
				class="ghost icon-only back"
				aria-label={t("time.earlier")}
				title={t("time.earlier")}
				onClick={() => turn(-0.5)}
			>
				<Icon name="right" />
			</button>
			<Zooms onPick={(next) => show(next, chosen)} />
			<button
				type="button"
				class="ghost icon-only"
				aria-label={t("time.later")}
				title={t("time.later")}
				disabled={end.value === null}
				onClick={() => turn(0.5)}
			>
				<Icon name="right" />
			</button>
		</div>
	);
}

/** Rates of what shows; of the chosen interface, if one is. */
function useRates(): RateData | null {
	const stamp = (seconds: number) => new Date(seconds * 1000).toISOString();
	const [from, to] = view.value;
	const link = iface.value;
	const series = usePolled<Series>(
		"history/series",
		{
			...(link ? { by: "interface", key: link } : {}),
			...(end.value === null
				? { since: `-${zoom.value}s` }
				: { since: stamp(from), until: stamp(to) }),
		},
		ASK_S,
	).data.value;
	return useMemo(() => series && rateOf(linesOf(series), link), [series]);
}

const stepOfData = (times: number[]) => (times[1] ?? 0) - (times[0] ?? 0);
const most = (values: Values) => values.reduce<number>((max, v) => Math.max(max, v ?? 0), 1);

/** From the middle to each value for as long as it stands, a piece for each time that was watched. */
function area({ t: times }: RateData, values: Values, way: 1 | -1, top: number): string {
	const half = HEIGHT / 2;
	const step = stepOfData(times);
	const y = (v: number) => (half - way * (v / top) * (half - 3)).toFixed(1);
	let d = "";
	values.forEach((v, i) => {
		const x = i * step;
		if (v === null) return;
		d += (values[i - 1] ?? null) === null ? `M${x} ${half}` : "";
		d += `V${y(v)}H${x + step}`;
		if ((values[i + 1] ?? null) === null) d += `V${half}Z`;
	});
	return d;
}

function Rates({ data }: { data: RateData }) {
	const [from, to] = view.value;
	const top = Math.max(most(data.up), most(data.down));
	const [up, down] = useMemo(
		() => [area(data, data.up, 1, top), area(data, data.down, -1, top)],
		[data],
	);
	return (
		<svg
			viewBox={`${from - (data.t[0] ?? from)} 0 ${to - from} ${HEIGHT}`}
			preserveAspectRatio="none"
			aria-hidden="true"
		>
			<path class="up" d={up} />
			<path class="down" d={down} />
		</svg>
	);
}

/** Means of a time, and of a moment what is known of it. */
function meansOf(data: RateData | null, [from, to]: Span): [number | null, number | null] {
	if (!data) return [null, null];
	const step = stepOfData(data.t);
	const mean = (values: Values) => {
		const own = values.filter(
			(v, i): v is number => v !== null && data.t[i]! + step > from && data.t[i]! <= to,
		);
		return own.length ? own.reduce((sum, v) => sum + v, 0) / own.length : null;
	};
	return [mean(data.up), mean(data.down)];
}

const share = (at: number) => {
	const [from, to] = view.value;
	return `${(100 * (at - from)) / (to - from)}%`;
};

const isMidnight = (s: number) => fmt.clock(s * 1000) === "00:00:00";

function Marks() {
	const ahead = -60 * new Date(view.value[1] * 1000).getTimezoneOffset();
	const marks = marksOf(view.value, narrow.value ? 4 : 8, ahead);
	const days = zoom.value > 86400 * 3;
	return (
		<ol class="time-marks" aria-hidden="true">
			{marks.map((at) => (
				<li key={at} style={{ left: share(at) }}>
					{days || isMidnight(at) ? fmt.day(at * 1000) : fmt.clock(at * 1000, "minutes")}
				</li>
			))}
		</ol>
	);
}

interface ThumbProps {
	label: string;
	at: number;
	onMove: (at: number) => void;
	chosen: Span;
}

/** An edge of the chosen time, or the moment: a slider for who has no pointer. */
function Thumb({ label, at, onMove, chosen }: ThumbProps) {
	const [from, to] = view.value;
	const onKey = (event: KeyboardEvent) => {
		const by = { "+": -1, "-": 1 }[event.key];
		const next = stepped(event.key, event.shiftKey, at, view.peek());
		if (!by && next === null) return;
		event.preventDefault();
		if (by) return zoomBy(by, chosen);
		onMove(Math.min(next!, nowS.peek()));
	};
	return (
		<div
			class="time-thumb"
			role="slider"
			tabIndex={0}
			aria-label={label}
			aria-valuemin={from}
			aria-valuemax={to}
			aria-valuenow={at}
			aria-valuetext={fmt.moment(at * 1000)}
			title={t("time.stripHelp")}
			style={{ left: share(Math.min(to, Math.max(from, at))) }}
			onKeyDown={onKey}
		/>
	);
}

interface Grab {
	hold: Hold;
	was: Span;
	at: number;
	x: number;
	moved: boolean;
}

/** What is meant by a pointer that goes down here: an edge, the moment, the stretch, or a new one. */
function holdOf(x: number, width: number, [from, to]: Span): Hold {
	const [start, stop] = view.peek();
	const px = (at: number) => (width * (at - start)) / (stop - start);
	const [a, b] = [px(from), px(to)];
	if (from === to) return Math.abs(x - a) <= NEAR_PX ? "both" : "new";
	if (Math.abs(x - a) <= NEAR_PX) return "from";
	if (Math.abs(x - b) <= NEAR_PX) return "to";
	return x > a && x < b && b - a < width * 0.9 ? "both" : "new";
}

/** The pointer's part of the strip. */
function usePointer(chosen: ReadonlySignal<Span>) {
	const grab = useRef<Grab | null>(null);
	const hover = useMemo(() => signal<number | null>(null), []);
	const timeAt = (event: PointerEvent): [at: number, x: number, width: number] => {
		const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
		const [from, to] = view.peek();
		const x = event.clientX - box.left;
		const step = stepOf(zoom.peek());
		const at = from + ((to - from) * Math.min(Math.max(0, x), box.width)) / box.width;
		return [Math.min(nowS.peek(), Math.round(at / step) * step), x, box.width];
	};
	const onPointerDown = (event: PointerEvent) => {
		if (event.button) return;
		(event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
		const [at, x, width] = timeAt(event);
		const was = chosen.peek();
		fresh = true;
		grab.current = { hold: holdOf(x, width, was), was, at, x, moved: false };
	};
	const onPointerMove = (event: PointerEvent) => {
		const [at, x] = timeAt(event);
		const held = grab.current;
		hover.value = at;
		if (!held) return;
		held.moved ||= Math.abs(x - held.x) >= STILL_PX;
		if (held.moved) follow(dragged(held.hold, held.was, held.at, at, nowS.peek()));
	};
	const onPointerUp = (event: PointerEvent) => {
		const held = grab.current;
		grab.current = null;
		if (!held) return;
		if (aim.peek()) choose(aim.peek()!);
		else if (!held.moved) choose([timeAt(event)[0], timeAt(event)[0]]);
	};
	const leave = () => {
		hover.value = null;
	};
	const onPointerCancel = () => {
		grab.current = null;
	};
	return {
		hover,
		handlers: {
			onPointerDown,
			onPointerMove,
			onPointerUp,
			onPointerCancel,
			onPointerLeave: leave,
		},
	};
}

function Hover({ at, data }: { at: number | null; data: RateData | null }) {
	if (at === null) return null;
	const [up, down] = meansOf(data, [at, at]);
	const [from, to] = view.value;
	const left = (at - from) / (to - from);
	return (
		<div
			class={`time-hover${left > 0.5 ? " left" : ""}`}
			style={{ left: share(at) }}
			aria-hidden="true"
		>
			<span>
				{fmt.moment(at * 1000)} ↑ {fmt.rate(up, units.value)} ↓{" "}
				{fmt.rate(down, units.value)}
			</span>
		</div>
	);
}

/** The chosen time as it is drawn: clipped to what shows. */
function Chosen({ span }: { span: Span }) {
	const [from, to] = view.value;
	const a = Math.max(from, Math.min(to, span[0]));
	const b = Math.max(from, Math.min(to, span[1]));
	const onMove = (edge: Hold) => (at: number) => {
		const was = edge === "to" ? span[1] : span[0];
		const next = dragged(edge, span, was, at, nowS.peek());
		if (!holds(view.peek(), next)) show(zoom.peek(), next);
		follow(next);
	};
	const single = span[0] === span[1];
	return (
		<>
			<div
				class={`time-chosen${single ? " moment" : ""}`}
				style={{ left: share(a), width: `${(100 * (b - a)) / (to - from)}%` }}
			/>
			{single ? (
				<Thumb
					label={t("time.timeShown")}
					at={span[0]}
					chosen={span}
					onMove={onMove("both")}
				/>
			) : (
				<>
					<Thumb
						label={t("time.beginning")}
						at={span[0]}
						chosen={span}
						onMove={onMove("from")}
					/>
					<Thumb label={t("time.end")} at={span[1]} chosen={span} onMove={onMove("to")} />
				</>
			)}
		</>
	);
}

/** Rates under the chosen time, beside it. */
function Means({ data, span }: { data: RateData | null; span: Span }) {
	const [up, down] = meansOf(data, span);
	return (
		<p class="time-means">
			<strong>
				{fmt.moment(span[0] * 1000)}
				{span[0] === span[1] ? "" : ` – ${fmt.moment(span[1] * 1000)}`}
			</strong>
			<span>
				<span class="arrow up" aria-hidden="true">
					↑
				</span>{" "}
				{fmt.rate(up, units.value)}
			</span>
			<span>
				<span class="arrow down" aria-hidden="true">
					↓
				</span>{" "}
				{fmt.rate(down, units.value)}
			</span>
		</p>
	);
}

export function TimeStrip({ chosen }: { chosen: Span }) {
	const box = useRef<HTMLDivElement>(null);
	const span = aim.value ?? chosen;
	const shown = useMemo(() => signal<Span>(span), []);
	shown.value = span;
	const { hover, handlers } = usePointer(shown);
	const data = useRates();
	useEffect(() => {
		fresh = true;
		if (
			!holds(view.peek(), chosen) ||
			zoom.peek() > 20 * (chosen[1] - chosen[0] || zoom.peek())
		)
			show(zoomFor(chosen), chosen);
	}, []);
	useEffect(() => {
		if (!aim.peek() && !holds(view.peek(), chosen))
			show(Math.max(zoom.peek(), zoomFor(chosen)), chosen);
	}, [chosen[0], chosen[1]]);
	useEffect(() => {
		const onWheel = (event: WheelEvent) => {
			event.preventDefault();
			if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) turn(Math.sign(event.deltaX) / 20);
			else zoomBy(Math.sign(event.deltaY), shown.peek());
		};
		const own = box.current!;
		own.addEventListener("wheel", onWheel, { passive: false });
		return () => own.removeEventListener("wheel", onWheel);
	}, []);
	return (
		<div class="time-strip">
			<div ref={box} class="time-box" {...handlers}>
				{data ? <Rates data={data} /> : null}
				<Chosen span={span} />
				<Hover at={hover.value} data={data} />
			</div>
			<Marks />
			<div class="time-below">
				<Means data={data} span={span} />
				<span class="spring" />
				<StripTools chosen={span} />
			</div>
		</div>
	);
}
