// SPDX-License-Identifier: BSD-2-Clause
// Names and addresses of the parts of a paths picture.

import type { Sankey } from "../api/types";
import * as filter from "../core/filter";
import { flowsWith } from "../core/pagefilter";
import { written } from "../ui/cells";
import { t } from "../words/t";

type Node = Sankey["nodes"][number];

export const nodeName = (node: Node) =>
	node.other
		? t("charts.other")
		: written(node.dim, node.label ?? node.key) ||
			(node.dim.endsWith("host")
				? t("charts.noName")
				: t("charts.noValue", { field: node.dim }));

function termOf(node: Node | undefined): string {
	return node && !node.other && node.key ? filter.term(node.dim, node.key) : "";
}

export function linkHref(graph: Sankey, link: { source: number; target: number }): string {
	return flowsWith(
		filter.all(termOf(graph.nodes[link.source]), termOf(graph.nodes[link.target])),
		{ live: "both" },
	);
}
