// SPDX-License-Identifier: BSD-2-Clause
// A titled box of a dashboard: what it shows, a picture or the same as a table, a way to Flows.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { Icon } from "./icons";

interface PanelProps {
	title: string;
	help: string;
	area: string;
	/** the picture's twin for those who read tables */
	table?: () => ComponentChildren;
	controls?: ComponentChildren;
	open?: string;
	children: ComponentChildren;
}

export function Panel({ title, help, area, table, controls, open, children }: PanelProps) {
	const asTable = useSignal(false);
	return (
		<section class={`panel ${area}`} aria-label={title}>
			<header class="panel-head">
				<h2 title={help}>{title}</h2>
				<span class="spring" />
				{controls}
				{table ? (
					<button
						type="button" class="ghost icon-only" aria-pressed={asTable.value} aria-label={`${title} as a table`} title={asTable.value ? "Show the picture" : "Show as a table"}
						onClick={() => { asTable.value = !asTable.value; }}
					>
						<Icon name={asTable.value ? "chart" : "table"} size={15} />
					</button>
				) : null}
				{open ? <a class="panel-open" href={open} aria-label={`${title}: open in Flows`} title="Open in Flows"><Icon name="flows" size={15} /></a> : null}
			</header>
			<div class="panel-body">{table && asTable.value ? table() : children}</div>
		</section>
	);
}

export interface TwinRow {
	key: string;
	label: ComponentChildren;
	cells: ComponentChildren[];
	href?: string;
}

/** The plain table behind a picture. */
export function Twin({ caption, head, rows }: { caption: string; head: string[]; rows: TwinRow[] }) {
	return (
		<div class="twin" tabIndex={0} role="group" aria-label={caption}>
			<table class="small">
				<caption class="visually-hidden">{caption}</caption>
				<thead><tr>{head.map((h) => <th key={h} scope="col">{h}</th>)}</tr></thead>
				<tbody>
					{rows.map((row) => (
						<tr key={row.key}>
							<th scope="row">{row.href ? <a href={row.href}>{row.label}</a> : row.label}</th>
							{row.cells.map((cell, i) => <td key={i}>{cell}</td>)}
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}
