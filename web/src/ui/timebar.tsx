// SPDX-License-Identifier: BSD-2-Clause
// The bar under the top while time stands still or a stretch of it is chosen: which time is shown,
// and, when paused, a slider back over what this page remembers.

import { effect, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { now, paused } from "../api/state";
import type { Health, List, Value } from "../api/types";
import * as fmt from "../core/format";
import { points, pointAt, tick } from "../data/lastminutes";
import { usePolled } from "../data/polled";
import { units } from "../core/settings";
import {
	between,
	fromLocal,
	moment,
	range,
	RANGES,
	setBetween,
	setRange,
	toLocal,
} from "../core/time";
import { Icon } from "./icons";
import { rich, t } from "../words/t";

const REST_MS = 120;
let rest: ReturnType<typeof setTimeout> | undefined;
/** where the slider is being moved to */
const aim = signal<number | null>(null);

function scrubTo(seconds: number, end: number): void {
	aim.value = seconds;
	clearTimeout(rest);
	rest = setTimeout(() => {
		aim.value = null;
		setBetween(seconds >= end ? null : [seconds, seconds], false);
	}, REST_MS);
}

function Slider() {
	tick.value;
	const end = Math.floor(now.value / 1000);
	const start = Math.ceil((points[0]?.t ?? now.value) / 1000);
	const at = aim.value ?? moment.value ?? end;
	const point = pointAt(at * 1000);
	return (
		<>
			<span class="timebar-at">
				<strong>{fmt.clock(at * 1000)}</strong>{" "}
				<span class="faint">
					{at < end
						? t("time.back", { time: fmt.duration((end - at) * 1000) })
						: t("time.pausedHere")}
				</span>
			</span>
			<input
				type="range"
				min={start}
				max={end}
				step={1}
				value={at}
				aria-label={t("time.timeShown")}
				aria-valuetext={fmt.clock(at * 1000)}
				title={t("time.sliderHelp")}
				onInput={(event) => scrubTo(Number(event.currentTarget.value), end)}
			/>
			<span class="timebar-rates">
				<span>
					<span class="arrow up" aria-hidden="true">
						↑
					</span>{" "}
					{fmt.rate(point?.up, units.value)}
				</span>
				<span>
					<span class="arrow down" aria-hidden="true">
						↓
					</span>{" "}
					{fmt.rate(point?.down, units.value)}
				</span>
			</span>
		</>
	);
}

/** A moment that was scrubbed to is left when time goes on. */
function leaveMoment(): () => void {
	return effect(() => {
		if (!paused.value && moment.peek() !== null) setBetween(null, false);
	});
}

function Moment({
	label,
	at,
	onPick,
}: {
	label: string;
	at: number;
	onPick: (at: number) => void;
}) {
	return (
		<label class="moment">
			<span>{label}</span>
			<input
				type="datetime-local"
				step={1}
				required
				value={toLocal(at)}
				onChange={(event) => {
					const picked = fromLocal(event.currentTarget.value);
					if (picked > 0) onPick(picked);
				}}
			/>
		</label>
	);
}

/** From … to …, whichever comes first. */
function Stretch({ from, to }: { from: number; to: number }) {
	const set = (a: number, b: number) => setBetween([Math.min(a, b), Math.max(a, b)]);
	return (
		<>
			<Moment label={t("word.from")} at={from} onPick={(at) => set(at, to)} />
			<Moment label={t("time.to")} at={to} onPick={(at) => set(from, at)} />
			<span class="faint">
				{t("time.stretch", { time: fmt.duration((to - from) * 1000) })}
			</span>
			<Kept from={from * 1000} />
			<span class="spring" />
		</>
	);
}

/** What tables and charts can show of the chosen time, and what makes them show more. */
function Kept({ from }: { from: number }) {
	const oldest = usePolled<List<Record<string, Value>>>(
		"flows",
		{ live: "closed", sort: "closed.at", limit: 1, fields: "closed.at" },
		10,
	).data.value;
	const health = usePolled<Health>("health", {}, 15).data.value;
	if (!oldest || !health) return null;
	const ended = Date.parse(String(oldest.items[0]?.["closed.at"] ?? ""));
	const start = now.value - health.uptime_s * 1000;
	if (!Number.isNaN(ended) && ended <= from) return null;
	const kept = Number.isNaN(ended)
		? t("time.noneKept")
		: t("time.keptSince", { time: fmt.clock(ended), age: fmt.duration(now.value - ended) });
	return (
		<span class="kept">
			{start > from
				? t("time.keptAndCharts", { kept, time: fmt.clock(start) })
				: t("time.kept", { kept })}{" "}
			<span class="faint">
				{rich("time.keepMore", { command: <code>flowbpf attach --closed-for 1h</code> })}
			</span>
		</span>
	);
}

const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600 };
const secondsOf = (text: string) => parseInt(text, 10) * (SECONDS[text.slice(-1)] ?? 0);

function Range() {
	const from = now.value - secondsOf(range.value) * 1000;
	const word = RANGES.find(([key]) => key === range.value)?.[1] ?? range.value;
	return (
		<>
			<strong class="timebar-range">{t("time.lastTitle", { time: word })}</strong>
			<Kept from={from} />
			<span class="spring" />
			<button type="button" class="chip" onClick={() => setRange("live")}>
				{t("time.showNow")}
			</button>
		</>
	);
}

/** A moment that an address carries is stood still at, as it was when it was shared. */
function standStill(): void {
	if (moment.peek() !== null) paused.value = true;
}

export function TimeBar() {
	useMemo(standStill, []);
	useEffect(leaveMoment, []);
	const stretch = between.value;
	if (!paused.value && !stretch && range.value !== "live")
		return (
			<section class="timebar calm" aria-label={t("time.timeShown")}>
				<Icon name="history" />
				<Range />
			</section>
		);
	if (!paused.value && !stretch) return null;
	const scrubbing = paused.value && (!stretch || moment.value !== null);
	return (
		<section class="timebar" aria-label={t("time.timeShown")}>
			<Icon name="history" />
			{scrubbing || !stretch ? <Slider /> : <Stretch from={stretch[0]} to={stretch[1]} />}
			{stretch ? (
				<button type="button" class="chip" onClick={() => setBetween(null)}>
					{t("time.showNow")}
				</button>
			) : null}
		</section>
	);
}
