// SPDX-License-Identifier: BSD-2-Clause
// The bands of the Paths page: d3-sankey reckons where things lie, we draw.

import { useSignal } from "@preact/signals";
import { sankey, sankeyLinkHorizontal, type SankeyGraph } from "d3-sankey";
import { useEffect, useRef } from "preact/hooks";
import type { Sankey } from "../api/types";
import { go } from "../core/route";
import { linkHref, nodeName } from "./paths";
import { t } from "../words/t";

type N = Sankey["nodes"][number] & { index?: number };
type L = { source: number; target: number; value: number };
type Graph = SankeyGraph<N, L>;

const NODE = 10;
const LETTER = 6.8; // px of a letter of a label, on average
const LINE = 18; // px between nodes: a label finds room there
/** px from which on the labels of the outer columns stand beside the picture */
const ROOMY = 640;
const TINTS = ["c2", "c1", "c4", "c3", "c5", "c6"];

/** Room for labels at both sides of the picture. */
interface Sides {
	left: number;
	right: number;
}

function sidesOf(graph: Sankey, layers: number, width: number): Sides {
	if (width < ROOMY) return { left: 0, right: 0 };
	const longest = (layer: number) =>
		Math.max(
			...graph.nodes.filter((n) => n.layer === layer).map((n) => nodeName(n).length + 10),
		);
	const room = (layer: number) => Math.min(0.24 * width, longest(layer) * LETTER + 8);
	return { left: room(0), right: room(layers - 1) };
}

function lay(graph: Sankey, width: number, height: number, sides: Sides): Graph {
	const used = new Set(graph.links.flatMap((l) => [l.source, l.target]));
	const numbers = [...used].sort((a, b) => a - b);
	const place = new Map(numbers.map((n, i) => [n, i]));
	return sankey<N, L>()
		.nodeWidth(NODE)
		.nodePadding(LINE)
		.extent([
			[1 + sides.left, LINE],
			[width - 1 - sides.right, height - 6],
		])
		.nodeAlign((n) => (n as unknown as N).layer)
		.iterations(24)({
		nodes: numbers.map((n) => ({ ...graph.nodes[n]!, index: n })),
		links: graph.links
			.filter((l) => l.value > 0)
			.map((l) => ({
				source: place.get(l.source)!,
				target: place.get(l.target)!,
				value: l.value,
			})),
	});
}

interface Place {
	x: number;
	y: number;
	anchor: "start" | "end";
	letters: number;
}

type Laid = Graph["nodes"][number];

/** Beside its node where nothing flows: outside of the picture, or above the node. */
function placeOf(node: Laid, layers: number, sides: Sides, between: number): Place {
	const middle = (node.y0! + node.y1!) / 2;
	const beside = (room: number) => Math.floor((room - 8) / LETTER);
	const last = node.layer === layers - 1;
	if (node.layer === 0 && sides.left)
		return { x: node.x0! - 6, y: middle, anchor: "end", letters: beside(sides.left) };
	if (last && sides.right)
		return { x: node.x1! + 6, y: middle, anchor: "start", letters: beside(sides.right) };
	return {
		x: last ? node.x1! : node.x0!,
		y: node.y0! - 7,
		anchor: last ? "end" : "start",
		letters: Math.floor(between / LETTER / (!sides.right && node.layer >= layers - 2 ? 2 : 1)),
	};
}

function NodeLabel({ node, place, value }: { node: Laid; place: Place; value: string }) {
	const name = nodeName(node);
	const room = Math.max(6, place.letters);
	const whole = name.length + value.length + 2 <= room;
	return (
		<text class="node-text" x={place.x} y={place.y} dy="0.35em" text-anchor={place.anchor}>
			{name.length > room ? `${name.slice(0, room - 1)}…` : name}
			{whole ? <tspan class="node-n"> {value}</tspan> : null}
		</text>
	);
}

export function SankeyPicture({ graph, format }: { graph: Sankey; format: (n: number) => string }) {
	const box = useRef<HTMLDivElement>(null);
	const width = useSignal(900);
	useEffect(() => {
		const watch = new ResizeObserver(([entry]) => {
			width.value = Math.max(280, Math.round(entry!.contentRect.width));
		});
		watch.observe(box.current!);
		return () => watch.disconnect();
	}, []);
	const layers = Math.max(...graph.nodes.map((n) => n.layer)) + 1;
	const most = Math.max(
		...Array.from(
			{ length: layers },
			(_, i) => graph.nodes.filter((n) => n.layer === i).length,
		),
	);
	const height = Math.max(260, Math.min(640, most * 44));
	const sides = sidesOf(graph, layers, width.value);
	const laid = lay(graph, width.value, height, sides);
	const path = sankeyLinkHorizontal<N, L>();
	const between =
		(width.value - sides.left - sides.right - NODE) / Math.max(1, layers - 1) - NODE - 12;
	const original = (node: unknown) =>
		graph.nodes.findIndex(
			(n) =>
				n.key === (node as N).key &&
				n.layer === (node as N).layer &&
				n.other === (node as N).other,
		);
	return (
		<div ref={box} class="sankey">
			<svg
				width={width.value}
				height={height}
				viewBox={`0 0 ${width.value} ${height}`}
				role="group"
				aria-label={t("charts.pathsSameTable")}
			>
				{laid.links.map((link) => {
					const from = link.source as unknown as N;
					const to = link.target as unknown as N;
					const words = `${nodeName(from)} → ${nodeName(to)}: ${format(link.value)}`;
					const to_ = linkHref(graph, { source: original(from), target: original(to) });
					return (
						<a
							key={`${from.layer}${from.key}${to.key}`}
							href={to_}
							aria-label={words}
							onClick={(event) => {
								event.preventDefault();
								go(to_);
							}}
						>
							<path
								class={`band s-${TINTS[from.layer % TINTS.length]}`}
								d={path(link) ?? ""}
								stroke-width={Math.max(1.5, link.width ?? 0)}
							>
								<title>{words}</title>
							</path>
						</a>
					);
				})}
				{laid.nodes.map((node) => (
					<g key={`${node.layer}${node.key}${node.other}`}>
						<rect
							class={`node f-${TINTS[node.layer % TINTS.length]}`}
							x={node.x0}
							y={node.y0}
							width={NODE}
							height={Math.max(2, node.y1! - node.y0!)}
							rx="2"
						>
							<title>{`${nodeName(node)}: ${format(node.value ?? 0)}`}</title>
						</rect>
						<NodeLabel
							node={node}
							place={placeOf(node, layers, sides, between)}
							value={format(node.value ?? 0)}
						/>
					</g>
				))}
			</svg>
		</div>
	);
}
