// SPDX-License-Identifier: BSD-2-Clause
// Rates over time, stacked: who made up the whole. The largest is at the bottom.

import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type uPlot from "uplot";
import * as fmt from "../core/format";
import { units } from "../core/settings";
import { safe } from "../core/text";
import { calm, colour } from "./colours";
import { type Marks, Plot } from "./plot";

export interface Layer {
	key: string;
	/** as it is read, where that is not its key */
	name?: string;
	/** names a colour token: c1 .. c6 */
	tint: string;
	values: (number | null)[];
	href?: string;
}

interface Props {
	t: number[];
	layers: Layer[];
	height: number;
	label: string;
	/** what is stacked, where it is no rate: in words, and the least that the axis spans */
	say?: ((value: number | null | undefined) => string) | undefined;
	least?: number;
	marks?: Marks;
	onBrush?: (from: number, to: number) => void;
}

const LEAST = 1000;

const rate = (value: number | null | undefined) => fmt.rate(value, units.value);

/** Sums from the bottom up; drawn from the top down, so that each covers what is below it. */
function heaped(layers: Layer[]): (number | null)[][] {
	const sums: (number | null)[][] = [];
	for (const { values } of layers) {
		const under = sums[sums.length - 1];
		sums.push(
			values.map((v, i) =>
				v === null && (under?.[i] ?? null) === null ? null : (v ?? 0) + (under?.[i] ?? 0),
			),
		);
	}
	return sums.reverse();
}

export function Stacked({ t, layers, say, least = LEAST, ...rest }: Props) {
	const data = useMemo(() => [t, ...heaped(layers)] as uPlot.AlignedData, [t, layers]);
	const point = useSignal<number | null>(null);
	const at = point.value ?? t.length - 1;
	const series = (): uPlot.Series[] =>
		[...layers].reverse().map((layer) => ({
			stroke: colour(`--${layer.tint}`),
			fill: calm(`--${layer.tint}`),
			width: 1,
			points: { show: false },
			spanGaps: false,
		}));
	return (
		<Plot
			{...rest}
			data={data}
			series={series}
			span={(_, max) => [0, say && max <= least ? least : Math.max(max, least) * 1.08]}
			tick={say}
			onPoint={(index) => {
				point.value = index;
			}}
		>
			<ul class="plot-legend">
				{layers.map((layer) => {
					const inner = (
						<>
							<i class={`tint ${layer.tint}`} aria-hidden="true" />
							<bdi>{layer.name ?? safe(layer.key)}</bdi>{" "}
							<b>{(say ?? rate)(layer.values[at])}</b>
						</>
					);
					return (
						<li key={layer.key} title={layer.name && safe(layer.key)}>
							{layer.href ? <a href={layer.href}>{inner}</a> : inner}
						</li>
					);
				})}
			</ul>
		</Plot>
	);
}
