// SPDX-License-Identifier: BSD-2-Clause
// What all charts over time share: a canvas that follows its box, theme and units; axes with
// units; a crosshair that goes along on every chart of the page; dragging chooses a stretch.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import * as fmt from "../core/format";
import { isDark, narrow, units } from "../core/settings";
import { colour, faded } from "./colours";

const FONT = "11px system-ui, sans-serif";
const SNAP_S = 60;
const DAY_S = 86400;
/** steps between marks of the time axis: whole seconds, minutes, hours, days */
const STEPS = [
	...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200],
	...[1, 2, 7, 14, 28].map((days) => days * DAY_S),
];

/** Marks behind the lines: a chosen stretch, seconds in which something was lost. Seconds. */
export interface Marks {
	chosen: [number, number] | null;
	lost: number[];
}

const NO_MARKS: Marks = { chosen: null, lost: [] };

interface PlotProps {
	data: uPlot.AlignedData;
	series: () => uPlot.Series[];
	/** least and most of the y axis from what the data spans */
	span: (min: number, max: number) => [number, number];
	height: number;
	label: string;
	/** a mark of the y axis; rates if not given */
	tick?: ((value: number) => string) | undefined;
	marks?: Marks;
	onBrush?: (from: number, to: number) => void;
	/** the number of the point under the crosshair; null: none */
	onPoint?: (index: number | null) => void;
	children?: ComponentChildren;
}

function drawMarks(u: uPlot, { chosen, lost }: Marks): void {
	const { ctx, bbox } = u;
	const x = (t: number) =>
		Math.min(bbox.left + bbox.width, Math.max(bbox.left, u.valToPos(t, "x", true)));
	const box = (from: number, to: number, fill: string) => {
		ctx.fillStyle = fill;
		ctx.fillRect(x(from), bbox.top, Math.max(2, x(to) - x(from)), bbox.height);
	};
	if (chosen) box(chosen[0], chosen[1], faded(colour("--accent"), 0.28));
	for (const t of lost) box(t - 0.5, t + 0.5, faded(colour("--bad"), 0.35));
}

const HALF_CLOCK = 25; // px

const isMidnight = (s: number) => fmt.clock(s * 1000) === "00:00:00";

/** Without one that the edge would cut. */
const clockOf = (u: uPlot, splits: number[], _i: number, _s: number, step: number) =>
	splits.map((s) =>
		u.valToPos(s, "x") > u.over.clientWidth - HALF_CLOCK + 6
			? ""
			: step >= DAY_S || isMidnight(s)
				? fmt.day(s * 1000)
				: fmt.clock(s * 1000, step < SNAP_S ? "seconds" : "minutes"),
	);

const rateTick = (value: number) => fmt.rateTick(value, units.peek());

/** A half that the step leaves without a mark has one of its own, as round. */
function ownMark(reach: number, step: number): number {
	let by = step;
	while (by > reach) by /= 2;
	return by;
}

/** Marks of a y axis; where it has two halves, both have one. */
function bothHalves(_u: uPlot, _i: number, min: number, max: number, step: number): number[] {
	const from = Math.ceil(min / step);
	const marks = Array.from(
		{ length: Math.floor(max / step) - from + 1 },
		(_, i) => (from + i) * step,
	);
	if (min < 0 && -min < step) marks.unshift(-ownMark(-min, step));
	if (min < 0 && max > 0 && max < step) marks.push(ownMark(max, step));
	return marks;
}

function optionsOf(width: number, latest: () => PlotProps): uPlot.Options {
	const { height, series, span } = latest();
	const axis = {
		stroke: colour("--muted"),
		grid: { stroke: colour("--line"), width: 1 },
		ticks: { show: false },
		font: FONT,
	};
	return {
		width,
		height,
		legend: { show: false },
		padding: [8, 6, 0, 0],
		cursor: {
			sync: { key: "time" },
			drag: { x: latest().onBrush !== undefined, y: false, setScale: false },
			points: { size: 6 },
		},
		scales: { y: { range: (_u, min, max) => span(min ?? 0, max ?? 0) } },
		axes: [
			{ ...axis, incrs: STEPS, space: 76, size: 24, values: clockOf },
			{
				...axis,
				space: 34,
				splits: bothHalves,
				size: narrow.peek() ? 66 : 78,
				values: (_u, splits) => splits.map((v) => (latest().tick ?? rateTick)(Math.abs(v))),
			},
		],
		series: [{}, ...series()],
		hooks: {
			drawClear: [(u) => drawMarks(u, latest().marks ?? NO_MARKS)],
			setCursor: [(u) => latest().onPoint?.(u.cursor.idx ?? null)],
			setSelect: [
				(u) => {
					if (u.select.width < 4) return;
					const [from, to] = [
						u.posToVal(u.select.left, "x"),
						u.posToVal(u.select.left + u.select.width, "x"),
					];
					u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
					latest().onBrush?.(from, to);
				},
			],
		},
	};
}

export function Plot(props: PlotProps) {
	const box = useRef<HTMLDivElement>(null);
	const plot = useRef<uPlot | null>(null);
	const latest = useRef(props);
	latest.current = props;
	const look = `${isDark()}${JSON.stringify(units.value)}${narrow.value}${props.data.length}`;
	useEffect(() => {
		const host = box.current!;
		const made = new uPlot(
			optionsOf(host.clientWidth, () => latest.current),
			latest.current.data,
			host,
		);
		plot.current = made;
		const watch = new ResizeObserver(() =>
			made.setSize({ width: host.clientWidth, height: latest.current.height }),
		);
		watch.observe(host);
		return () => {
			watch.disconnect();
			made.destroy();
			plot.current = null;
		};
	}, [look]);
	useEffect(() => plot.current?.setData(props.data), [props.data, props.marks]);
	return (
		<div class="plot-box">
			<div
				ref={box}
				class="plot"
				role="img"
				aria-label={props.label}
				style={{ height: `${props.height}px` }}
			/>
			{props.children}
		</div>
	);
}
