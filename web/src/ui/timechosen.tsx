// SPDX-License-Identifier: BSD-2-Clause
// The chosen time in words, to be typed, and on a strip to be dragged; what there is of it to show.

import { useEffect } from "preact/hooks";
import { now, paused } from "../api/state";
import type { Health, List, Value } from "../api/types";
import * as fmt from "../core/format";
import { setParams } from "../core/route";
import {
	between,
	fromLocal,
	fleet,
	keepsHistory,
	moment,
	past,
	range,
	RANGES,
	setBetween,
	stripOpen,
	toLocal,
} from "../core/time";
import type { Span } from "../core/timestrip";
import { usePolled } from "../data/polled";
import { TimeStrip } from "./timestrip";
import { rich, t } from "../words/t";

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
		</>
	);
}

/** What the answers are of: the history, where it is kept. */
function Kept({ from }: { from: number }) {
	return past.value ? (
		<span class="kept">{t("time.ofHistory")}</span>
	) : (
		<KeptInMemory from={from} />
	);
}

/** What tables and charts can show of the chosen time, and what makes them show more. */
function KeptInMemory({ from }: { from: number }) {
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

const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86400 };
const secondsOf = (text: string) => parseInt(text, 10) * (SECONDS[text.slice(-1)] ?? 0);

function Range() {
	const word = RANGES.find(([key]) => key === range.value)?.[1] ?? range.value;
	return (
		<>
			<strong class="timebar-range">{t("time.lastTitle", { time: word })}</strong>
			<Kept from={spanOf()[0] * 1000} />
		</>
	);
}

/** The time that is chosen, in seconds. */
function spanOf(): Span {
	const end = Math.floor(now.value / 1000);
	return between.value ?? [end - secondsOf(range.value), end];
}

function showNow(): void {
	paused.value = false;
	setParams({ at: null, range: null, still: null }, true);
}

const STRETCH_S = 300;

/** A moment becomes the minutes before it, a stretch its last moment. */
function Other() {
	const [from, to] = spanOf();
	const single = from === to;
	return (
		<button
			type="button"
			class="chip"
			onClick={() => {
				paused.value = !single;
				setBetween(single ? [from - STRETCH_S, from] : [to, to]);
			}}
		>
			{single ? t("time.fromToTitle") : t("time.oneMoment")}
		</button>
	);
}

function Words() {
	const at = moment.value;
	const stretch = between.value;
	if (at !== null)
		return (
			<>
				<Moment
					label={t("time.at")}
					at={at}
					onPick={(picked) => setBetween([picked, picked])}
				/>
				<Kept from={at * 1000} />
			</>
		);
	return stretch ? <Stretch from={stretch[0]} to={stretch[1]} /> : <Range />;
}

export function TimeChosen() {
	useEffect(() => {
		stripOpen.value = true;
		return () => {
			stripOpen.value = false;
		};
	}, []);
	return (
		<>
			<Words />
			<span class="spring" />
			{keepsHistory.value || fleet.value ? <Other /> : null}
			<button type="button" class="chip" onClick={showNow}>
				{t("time.showNow")}
			</button>
			{keepsHistory.value || fleet.value ? <TimeStrip chosen={spanOf()} /> : null}
		</>
	);
}
