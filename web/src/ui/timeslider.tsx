// SPDX-License-Identifier: BSD-2-Clause
// While paused: a slider back over the seconds that this page remembers.

import { signal } from "@preact/signals";
import { keepsHistory, moment, setBetween } from "../core/time";
import { now } from "../api/state";
import * as fmt from "../core/format";
import { units } from "../core/settings";
import { pointAt, points, tick } from "../data/lastminutes";
import { t } from "../words/t";

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

const FURTHER_S = 3600;

export function TimeSlider() {
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
			{keepsHistory.value ? (
				<button
					type="button"
					class="chip"
					onClick={() => setBetween([end - FURTHER_S, end - FURTHER_S])}
				>
					{t("time.further")}
				</button>
			) : null}
		</>
	);
}
