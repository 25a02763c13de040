// SPDX-License-Identifier: BSD-2-Clause
// What flowbpf itself takes, over the range: the time of its tick, CPU, memory, and what it lost.

import { useMemo } from "preact/hooks";
import type uPlot from "uplot";
import { colour, faded } from "../../charts/colours";
import { Plot } from "../../charts/plot";
import * as fmt from "../../core/format";
import { units } from "../../core/settings";
import { useSeries, type Values } from "../../data/series";
import { Panel, type Table } from "../../ui/panel";
import { t } from "../../words/t";

type Say = (value: number | null | undefined) => string;

interface Gauge {
	/** as the series is called */
	key: string;
	title: string;
	help: string;
	tint: string;
	/** the axis spans this at least */
	least: number;
	say: Say;
}

const micros: Say = (v) => (v == null ? fmt.NONE : fmt.micros(Math.round(v)));
const GAUGES: Gauge[] = [
	{
		key: "tick_us",
		title: t("monitor.tick"),
		help: t("monitor.tickHelp"),
		tint: "--c1",
		least: 1000,
		say: micros,
	},
	{
		key: "cpu_permille",
		title: t("monitor.cpu"),
		help: t("monitor.cpuHelp"),
		tint: "--c2",
		least: 10,
		say: (v) => (v == null ? fmt.NONE : fmt.percent(v, 1000)),
	},
	{
		key: "memory",
		title: t("monitor.memory"),
		help: t("monitor.memoryHelp"),
		tint: "--c4",
		least: 1e7,
		say: (v) => fmt.bytes(v, units.value),
	},
	{
		key: "losses",
		title: t("monitor.lost"),
		help: t("monitor.lostHelp"),
		tint: "--bad",
		least: 4,
		say: (v) => (v == null ? fmt.NONE : `${fmt.countShort(v)} /s`),
	},
];

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

const TABLE_ROWS = 60;

function tableOf(times: number[], of: Map<string, Values>): Table {
	const step = Math.max(1, Math.ceil(times.length / TABLE_ROWS));
	const at = times
		.map((_, i) => i)
		.filter((i) => i % step === 0)
		.reverse();
	const value = (gauge: Gauge, i: number) => of.get(gauge.key)?.[i] ?? null;
	return {
		head: [t("word.time"), ...GAUGES.map((g) => g.title)],
		rows: at.map((i) => ({
			key: String(times[i]),
			name: new Date(times[i]! * 1000).toISOString(),
			label: fmt.clock(times[i]! * 1000),
			cells: GAUGES.map((g) => g.say(value(g, i))),
			exact: GAUGES.map((g) => value(g, i)),
		})),
	};
}

export function Monitor() {
	const known = useSeries("monitor");
	return (
		<Panel
			title={t("monitor.title")}
			help={t("monitor.help")}
			area="a-monitor"
			table={() => tableOf(known?.t ?? [], known?.of ?? new Map())}
		>
			{known ? (
				<div class="gauges">
					{GAUGES.map((gauge) => (
						<Curve
							key={gauge.key}
							times={known.t}
							values={known.of.get(gauge.key) ?? []}
							gauge={gauge}
						/>
					))}
				</div>
			) : (
				<p class="faint panel-empty chart-empty">{t("word.loading")}</p>
			)}
		</Panel>
	);
}
