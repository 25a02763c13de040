// SPDX-License-Identifier: BSD-2-Clause
// Protocol by state: a stacked bar a protocol, every piece a link to those flows; and its table.

import { Shape, stateKind, written } from "../ui/cells";
import type { Table } from "../ui/panel";
import * as fmt from "../core/format";
import { safe } from "../core/text";
import { t } from "../words/t";

interface Matrix {
	rows: string[];
	columns: string[];
	at: (row: string, column: string) => number;
}

export function matrixOf(counts: Record<string, Record<string, number>>, order: string[]): Matrix {
	const rows = Object.keys(counts).sort((a, b) => sum(counts[b]!) - sum(counts[a]!));
	const seen = new Set(rows.flatMap((row) => Object.keys(counts[row]!)));
	const columns = [
		...order.filter((c) => seen.has(c)),
		...[...seen].filter((c) => !order.includes(c)).sort(),
	];
	return { rows, columns, at: (row, column) => counts[row]?.[column] ?? 0 };
}

const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);

export function MatrixBars({
	matrix,
	href,
}: {
	matrix: Matrix;
	href: (row: string, column: string) => string;
}) {
	const totals = matrix.rows.map((row) =>
		matrix.columns.reduce((n, c) => n + matrix.at(row, c), 0),
	);
	const most = Math.max(...totals, 1);
	return (
		<div class="matrix">
			{matrix.rows.map((row, i) => (
				<div key={row} class="matrix-row">
					<span class="matrix-name">{written("proto", row)}</span>
					<div
						class="matrix-bar"
						style={{ width: `${Math.max(4, 100 * Math.sqrt(totals[i]! / most))}%` }}
					>
						{matrix.columns
							.filter((c) => matrix.at(row, c) > 0)
							.map((c) => {
								const n = matrix.at(row, c);
								const words = `${written("proto", row)} ${safe(c)}: ${fmt.count(n)}`;
								return (
									<a
										key={c}
										class={`piece k-${stateKind(c)} p-${matrix.columns.indexOf(c) % 3}`}
										href={href(row, c)}
										title={words}
										aria-label={words}
										style={{ flexGrow: n }}
									>
										<span>{safe(c)}</span>
									</a>
								);
							})}
					</div>
					<span class="matrix-n">{fmt.count(totals[i])}</span>
				</div>
			))}
			<ul class="matrix-legend" aria-label={t("word.states")}>
				{matrix.columns.map((c) => (
					<li key={c}>
						<Shape kind={stateKind(c)} /> {safe(c)}
					</li>
				))}
			</ul>
		</div>
	);
}

export function matrixTable(matrix: Matrix, href: (row: string, column: string) => string): Table {
	return {
		head: [t("word.protocol"), ...matrix.columns],
		rows: matrix.rows.map((row) => ({
			key: row,
			label: written("proto", row),
			exact: matrix.columns.map((c) => matrix.at(row, c)),
			cells: matrix.columns.map((c) =>
				matrix.at(row, c) ? (
					<a key={c} href={href(row, c)}>
						{fmt.count(matrix.at(row, c))}
					</a>
				) : (
					<span key={c} class="faint">
						0
					</span>
				),
			),
		})),
	};
}
