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
const TINTS = ["c2", "c1", "c4", "c3", "c5", "c6"];

function lay(graph: Sankey, width: number, height: number): Graph {
	const used = new Set(graph.links.flatMap((l) => [l.source, l.target]));
	const numbers = [...used].sort((a, b) => a - b);
	const place = new Map(numbers.map((n, i) => [n, i]));
	return sankey<N, L>()
		.nodeWidth(NODE)
		.nodePadding(15)
		.extent([
			[1, 6],
			[width - 1, height - 6],
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
	const laid = lay(graph, width.value, height);
	const path = sankeyLinkHorizontal<N, L>();
	const room = (width.value - NODE) / Math.max(1, layers - 1) - NODE - 12;
	const letters = Math.max(6, Math.floor(room / 7.2));
	// the last two columns write into the same gap, from both sides
	const lettersAt = (layer: number) =>
		layers > 1 && layer >= layers - 2 ? Math.floor(letters / 2) : letters;
	const cut = (text: string, n: number) => (text.length > n ? `${text.slice(0, n - 1)}…` : text);
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
				{laid.nodes.map((node) => {
					const last = node.layer === layers - 1;
					const x = last ? node.x0! - 6 : node.x1! + 6;
					return (
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
							<text
								class="node-text"
								x={x}
								y={(node.y0! + node.y1!) / 2}
								dy="0.35em"
								text-anchor={last ? "end" : "start"}
							>
								{cut(nodeName(node), lettersAt(node.layer))}
								{lettersAt(node.layer) > 24 ? (
									<tspan class="node-n"> {format(node.value ?? 0)}</tspan>
								) : null}
							</text>
						</g>
					);
				})}
			</svg>
		</div>
	);
}
