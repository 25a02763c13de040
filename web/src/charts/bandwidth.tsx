// SPDX-License-Identifier: BSD-2-Clause
// Rates over time: up above the line, down below it. Drag to choose a time; double click for all.

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import * as fmt from "../lib/format";
import { isDark, units } from "../lib/settings";
import { colour, faded } from "./colours";

export interface RateData {
	/** seconds */
	t: number[];
	up: (number | null)[];
	down: (number | null)[];
}

interface Props {
	data: RateData;
	height: number;
	label: string;
	onBrush?: (from: number, to: number) => void;
}

const mirrored = (values: (number | null)[]) => values.map((v) => (v === null ? null : -v));

function seriesOf(label: string, name: string, below: boolean): uPlot.Series {
	const line = colour(name);
	return {
		label, stroke: line, fill: faded(line, 0.16), width: 1.5, points: { show: false }, spanGaps: false,
		value: (_u, v) => (v === null || v === undefined ? fmt.NONE : fmt.rate(below ? -v : v, units.peek())),
	};
}

function optionsOf(width: number, props: Props): uPlot.Options {
	const muted = colour("--muted");
	const grid = { stroke: colour("--line"), width: 1 };
	const font = "11px system-ui, sans-serif";
	return {
		width, height: props.height, legend: { show: true, live: true }, padding: [8, 4, 0, 0],
		cursor: { sync: { key: "time" }, drag: { x: true, y: false, setScale: false }, points: { size: 6 } },
		scales: { y: { range: (_u, min, max) => [Math.min(min ?? 0, 0) * 1.08, Math.max(max ?? 0, 1000) * 1.08] } },
		axes: [
			{ stroke: muted, grid, ticks: { show: false }, font, space: 70, size: 26, values: (_u, splits, _i, _s, incr) => splits.map((s) => (incr < 60 ? fmt.clock(s * 1000) : fmt.clock(s * 1000).slice(0, 5))) },
			{ stroke: muted, grid, ticks: { show: false }, font, size: 62, values: (_u, splits) => splits.map((v) => (v === 0 ? "0" : fmt.rateShort(Math.abs(v), units.peek()))) },
		],
		series: [{ label: "Time", value: (_u, v) => (v ? fmt.clock(v * 1000) : fmt.NONE) }, seriesOf("↑ Upload", "--up", false), seriesOf("↓ Download", "--down", true)],
		hooks: {
			setSelect: [
				(u) => {
					if (u.select.width < 4) return;
					const from = u.posToVal(u.select.left, "x");
					const to = u.posToVal(u.select.left + u.select.width, "x");
					u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
					props.onBrush?.(from, to);
				},
			],
		},
	};
}

export function Bandwidth(props: Props) {
	const box = useRef<HTMLDivElement>(null);
	const plot = useRef<uPlot | null>(null);
	const latest = useRef(props);
	latest.current = props;
	const dark = isDark();
	const unit = JSON.stringify(units.value);
	useEffect(() => {
		const host = box.current!;
		const { data } = latest.current;
		const made = new uPlot(
			optionsOf(host.clientWidth, { ...latest.current, onBrush: (a, b) => latest.current.onBrush?.(a, b) }),
			[data.t, data.up, mirrored(data.down)] as uPlot.AlignedData, host,
		);
		plot.current = made;
		const watch = new ResizeObserver(() => made.setSize({ width: host.clientWidth, height: latest.current.height }));
		watch.observe(host);
		return () => {
			watch.disconnect();
			made.destroy();
			plot.current = null;
		};
	}, [dark, unit]);
	useEffect(() => {
		plot.current?.setData([props.data.t, props.data.up, mirrored(props.data.down)] as uPlot.AlignedData);
	}, [props.data]);
	return <div ref={box} class="plot" role="img" aria-label={props.label} style={{ minHeight: `${props.height + 26}px` }} />;
}
