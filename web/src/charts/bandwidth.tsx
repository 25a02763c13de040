// SPDX-License-Identifier: BSD-2-Clause
// Rates over time: up above the line, down below it. Drag to choose a time.

import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type uPlot from "uplot";
import * as fmt from "../core/format";
import { units } from "../core/settings";
import type { RateData } from "../data/series";
import type { Table } from "../ui/panel";
import { colour, faded } from "./colours";
import { type Marks, Plot } from "./plot";
import { t } from "../words/t";

interface Props {
	data: RateData;
	height: number;
	label: string;
	marks?: Marks;
	onBrush?: (from: number, to: number) => void;
}

const TABLE_ROWS = 60;

/** The same as a table, newest first. */
export function rateTable(data: RateData): Table {
	const step = Math.max(1, Math.ceil(data.t.length / TABLE_ROWS));
	const rows = data.t
		.map((t, i) => ({ t, up: data.up[i] ?? null, down: data.down[i] ?? null }))
		.filter((_, i) => i % step === 0)
		.reverse();
	return {
		head: [t("word.time"), t("word.upload"), t("word.download")],
		rows: rows.map((p) => ({
			key: String(p.t),
			name: new Date(p.t * 1000).toISOString(),
			label: fmt.clock(p.t * 1000),
			cells: [fmt.rate(p.up, units.value), fmt.rate(p.down, units.value)],
			exact: [p.up, p.down],
		})),
	};
}

const mirrored = (values: (number | null)[]) => values.map((v) => (v === null ? null : -v));
const LEAST = 1000;
/** of the larger half, so that the smaller one has room for a mark */
const HALF = 0.28;

function span(min: number, max: number): [number, number] {
	const [down, up] = [Math.max(-min, 0), Math.max(max, 0)];
	const least = Math.max(LEAST, HALF * Math.max(down, up));
	return [-Math.max(down, least) * 1.08, Math.max(up, least) * 1.08];
}

function series(): uPlot.Series[] {
	return ["--up", "--down"].map((name) => ({
		stroke: colour(name),
		fill: faded(colour(name), 0.18),
		width: 1.5,
		points: { show: false },
		spanGaps: false,
	}));
}

export function Bandwidth({ data, ...rest }: Props) {
	const aligned = useMemo(
		() => [data.t, data.up, mirrored(data.down)] as uPlot.AlignedData,
		[data],
	);
	const point = useSignal<number | null>(null);
	const at = point.value ?? data.t.length - 1;
	return (
		<Plot
			{...rest}
			data={aligned}
			series={series}
			span={span}
			onPoint={(index) => {
				point.value = index;
			}}
		>
			<p class="plot-legend">
				<span>
					<i class="tint up-fill" aria-hidden="true" />
					{t("word.upload")} <b>{fmt.rate(data.up[at], units.value)}</b>
				</span>
				<span>
					<i class="tint down-fill" aria-hidden="true" />
					{t("word.download")} <b>{fmt.rate(data.down[at], units.value)}</b>
				</span>
				<span class="faint">{data.t[at] ? fmt.moment(data.t[at]! * 1000) : ""}</span>
			</p>
		</Plot>
	);
}
