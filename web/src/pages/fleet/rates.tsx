// SPDX-License-Identifier: BSD-2-Clause
// What sensors counted over time, stacked.

import { useMemo } from "preact/hooks";
import type { FleetSeries } from "../../api/types";
import { type Layer, Stacked } from "../../charts/stacked";
import * as filter from "../../core/filter";
import * as fmt from "../../core/format";
import { flowsWith } from "../../core/pagefilter";
import { narrow, units } from "../../core/settings";
import { between, setBetween } from "../../core/time";
import { usePolled } from "../../data/polled";
import { Panel, type Table } from "../../ui/panel";
import { fleetPeriod } from "./time";
import { t } from "../../words/t";

const TINTS = ["c1", "c2", "c4", "c3", "c5"];

const LATE = 4; // points, at most: words of some are there before those of others

/** Up to where all that speak have spoken; the point that is not over yet is left out, too. */
function trimmed(layers: Layer[]): Layer[] {
	const n = layers[0]?.values.length ?? 0;
	const speaking = layers.filter((l) => l.values.slice(-2 * LATE).some((v) => v !== null));
	let end = n;
	while (end > n - LATE && speaking.some((l) => (l.values[end - 1] ?? null) === null)) end--;
	end = Math.max(0, end - 1);
	return layers.map((l) => ({ ...l, values: l.values.slice(0, end) }));
}

function layersOf(series: FleetSeries): Layer[] {
	const layers = series.series.map(({ key, values }, i): Layer => ({
		key: key!,
		values,
		tint: TINTS[i]!,
		href: flowsWith(filter.term("sensor", key!)),
	}));
	if (series.rest)
		layers.push({
			key: t("word.nMore", { n: series.others }),
			values: series.rest.values,
			tint: "c6",
		});
	return layers;
}

function tableOf(times: number[], layers: Layer[]): Table {
	const step = Math.max(1, Math.ceil(times.length / 60));
	const at = times
		.map((_, i) => i)
		.filter((i) => i % step === 0)
		.reverse();
	return {
		head: [t("word.time"), ...layers.map((l) => l.key)],
		rows: at.map((i) => ({
			key: String(times[i]),
			name: new Date(times[i]! * 1000).toISOString(),
			label: fmt.clock(times[i]! * 1000),
			cells: layers.map((l) => fmt.rate(l.values[i], units.value)),
			exact: layers.map((l) => l.values[i]),
		})),
	};
}

export function Rates() {
	const polled = usePolled<FleetSeries>(
		"fleet/series",
		{ limit: TINTS.length, ...fleetPeriod.value },
		10,
	);
	const series = polled.data.value;
	const layers = useMemo(() => (series ? trimmed(layersOf(series)) : []), [series]);
	const times = useMemo(() => {
		const start = series ? Date.parse(series.start) / 1000 : 0;
		return (layers[0]?.values ?? []).map((_, i) => start + i * series!.step_s);
	}, [layers]);
	return (
		<Panel
			title={t("fleet.rates")}
			help={t("fleet.ratesHelp")}
			area="a-makeup"
			table={() => tableOf(times, layers)}
		>
			{layers.length ? (
				<Stacked
					t={times}
					layers={layers}
					height={narrow.value ? 170 : 220}
					label={t("fleet.rates")}
					marks={{ chosen: between.value, lost: [] }}
					onBrush={(from, to) => setBetween([from, to])}
				/>
			) : (
				<p class="faint panel-empty chart-empty">
					{polled.failed.value ??
						(series ? t("history.nothingMoved") : t("word.loading"))}
				</p>
			)}
		</Panel>
	);
}
