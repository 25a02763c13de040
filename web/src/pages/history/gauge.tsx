// SPDX-License-Identifier: BSD-2-Clause
// One value over time, with what it is now in its title; several side by side, and their table.

import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import type uPlot from "uplot";
import { colour, faded } from "../../charts/colours";
import { Plot } from "../../charts/plot";
import * as fmt from "../../core/format";
import type { Values } from "../../data/series";
import type { Table } from "../../ui/panel";
import { t } from "../../words/t";

export type Say = (value: number | null | undefined) => string;

export interface Gauge {
	/** as its values are called */
	key: string;
	title: string;
	help: string;
	tint: string;
	/** the axis spans this at least */
	least: number;
	say: Say;
}

function Curve({ times, values, gauge }: { times: number[]; values: Values; gauge: Gauge }) {
	const data = useMemo(() => [times, values] as uPlot.AlignedData, [times, values]);
	const series = (): uPlot.Series[] => [
		{
			stroke: colour(gauge.tint),
			fill: faded(colour(gauge.tint), 0.14),
			width: 1.5,
			points: { show: false },
			spanGaps: false,
		},
	];
	const now = gauge.say(values[values.length - 1]);
	return (
		<figure class="gauge">
			<figcaption title={gauge.help}>
				{gauge.title} <b>{now}</b>
			</figcaption>
			<Plot
				data={data}
				series={series}
				span={(_, max) => [0, Math.max(max * 1.15, gauge.least)]}
				tick={(v) => (v ? gauge.say(v) : "0")}
				height={124}
				label={`${gauge.title}: ${now}`}
			/>
		</figure>
	);
}

export function Gauges({
	gauges,
	times,
	of,
	children,
}: {
	gauges: Gauge[];
	times: number[];
	of: Map<string, Values>;
	/** before them */
	children?: ComponentChildren;
}) {
	return (
		<div class="gauges">
			{children}
			{gauges.map((gauge) => (
				<Curve
					key={gauge.key}
					times={times}
					values={of.get(gauge.key) ?? []}
					gauge={gauge}
				/>
			))}
		</div>
	);
}

const TABLE_ROWS = 60;

/** The newest first. */
export function gaugeTable(gauges: Gauge[], times: number[], of: Map<string, Values>): Table {
	const step = Math.max(1, Math.ceil(times.length / TABLE_ROWS));
	const at = times
		.map((_, i) => i)
		.filter((i) => i % step === 0)
		.reverse();
	const value = (gauge: Gauge, i: number) => of.get(gauge.key)?.[i] ?? null;
	return {
		head: [t("word.time"), ...gauges.map((g) => g.title)],
		rows: at.map((i) => ({
			key: String(times[i]),
			name: new Date(times[i]! * 1000).toISOString(),
			label: fmt.clock(times[i]! * 1000),
			cells: gauges.map((g) => g.say(value(g, i))),
			exact: gauges.map((g) => value(g, i)),
		})),
	};
}
