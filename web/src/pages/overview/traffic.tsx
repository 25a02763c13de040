// SPDX-License-Identifier: BSD-2-Clause
// The bandwidth chart: five live minutes a second each, or longer from the server's series. What is
// dragged over becomes the time of all pages.

import { computed, effect, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { now, paused } from "../../api/state";
import { Bandwidth, rateTable } from "../../charts/bandwidth";
import type { RateData } from "../../data/series";
import type { Marks } from "../../charts/plot";
import * as fmt from "../../core/format";
import { iface, q } from "../../core/pagefilter";
import { href } from "../../core/route";
import { lostSeconds, points, tick } from "../../data/lastminutes";
import { rateOf, useLines } from "../../data/series";
import { narrow, units } from "../../core/settings";
import { between, fleet, range, setBetween } from "../../core/time";
import { Panel } from "../../ui/panel";
import { followMatched, matched, narrowedBy } from "./matched";
import { t } from "../../words/t";

const LIVE_SECONDS = 300;
const live = signal<RateData>({ t: [], up: [], down: [] });

function fromPoints(): RateData {
	const end = paused.peek() ? now.peek() : Number.POSITIVE_INFINITY;
	const shown = points.filter((p) => p.t <= end).slice(-LIVE_SECONDS);
	return {
		t: shown.map((p) => p.t / 1000),
		up: shown.map((p) => p.up),
		down: shown.map((p) => p.down),
	};
}

function useData(): RateData {
	useEffect(
		() =>
			effect(() => {
				tick.value;
				live.value = fromPoints();
			}),
		[],
	);
	useEffect(followMatched, []);
	// the server keeps lines of the whole and of interfaces; of any other filter there is what was seen since
	const link = q.value ? "" : iface.value;
	const lines = useLines(link ? "iface" : "total");
	const kept = useMemo(() => lines && rateOf(lines, link), [lines, link]);
	if (link && kept) return kept;
	if (narrowedBy.value && !fleet.value) return matched.value;
	return (range.value !== "live" || fleet.value) && kept ? kept : live.value;
}

/** What any chart over time marks: the chosen stretch, and seconds with a loss. */
export const marks = computed<Marks>(() => {
	tick.value;
	return { chosen: between.value, lost: lostSeconds() };
});

export function brush(from: number, to: number): void {
	setBetween([from, to]);
}

const most = (values: (number | null)[]) =>
	values.reduce<number>((max, v) => Math.max(max, v ?? 0), 0);

export function Traffic() {
	const data = useData();
	const step = (data.t[1] ?? 0) - (data.t[0] ?? 0);
	const peak = t("overview.peak", {
		up: fmt.rate(most(data.up), units.value),
		down: fmt.rate(most(data.down), units.value),
	});
	return (
		<Panel
			title={t("overview.bandwidth")}
			help={t("overview.bandwidthHelp")}
			area="a-traffic"
			controls={
				<>
					<span class="faint panel-note">
						{[
							q.value ? t("overview.sinceFiltered") : "",
							peak,
							step > 5
								? t("overview.meansOf", { time: fmt.duration(step * 1000) })
								: "",
						]
							.filter(Boolean)
							.join("; ")}
					</span>
					{fleet.value ? null : (
						<a class="panel-note" href={href("/interfaces")}>
							{t("settings.interfaces")}
						</a>
					)}
				</>
			}
			table={() => rateTable(data)}
		>
			<Bandwidth
				data={data}
				height={narrow.value ? 170 : 220}
				label={`${t("overview.bandwidth")}. ${peak}`}
				marks={marks.value}
				onBrush={brush}
			/>
		</Panel>
	);
}
