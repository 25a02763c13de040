// SPDX-License-Identifier: BSD-2-Clause
// A plain sortable table for some hundred rows (hosts, log, links of a picture).

import type { Signal } from "@preact/signals";
import { type ComponentChildren, Fragment } from "preact";
import { Icon } from "./icons";

export interface DataColumn<T> {
	key: string;
	title: string;
	help?: string;
	end?: boolean;
	wide?: boolean;
	/** hidden on phones; "more": on tablets, too */
	roomy?: boolean | "more";
	sort?: boolean;
	/** its title is for who is read to */
	untitled?: boolean;
	cell: (row: T) => ComponentChildren;
}

interface Props<T> {
	label: string;
	columns: DataColumn<T>[];
	rows: T[];
	id: (row: T) => string;
	sort?: string;
	onSort?: (sort: string) => void;
	rowClass?: (row: T) => string;
	/** what stands below a row that is open; null: it is not */
	detail?: (row: T) => ComponentChildren;
	/** told whether the pointer is on the rows */
	reading?: Signal<boolean>;
}

const classOf = <T,>({ end, roomy, wide }: DataColumn<T>): string =>
	[end && "end", roomy && (roomy === "more" ? "roomier" : "roomy"), wide && "wide"]
		.filter(Boolean)
		.join(" ");

export function DataTable<T>({
	label,
	columns,
	rows,
	id,
	sort = "",
	onSort,
	rowClass,
	detail,
	reading,
}: Props<T>) {
	return (
		<div class="table-box" tabIndex={0} role="group" aria-label={label}>
			<table class="data">
				<caption class="visually-hidden">{label}</caption>
				<thead>
					<tr>
						{columns.map((c) => {
							const state =
								sort === c.key
									? "ascending"
									: sort === `-${c.key}`
										? "descending"
										: undefined;
							return (
								<th
									key={c.key}
									scope="col"
									class={classOf(c)}
									aria-sort={state}
									title={c.help}
								>
									{c.sort && onSort ? (
										<button
											type="button"
											class="th-button"
											onClick={() =>
												onSort(sort === `-${c.key}` ? c.key : `-${c.key}`)
											}
										>
											{c.title}
											{state ? (
												<span
													class={`sort-mark ${state}`}
													aria-hidden="true"
												>
													<Icon name="down" size={12} />
												</span>
											) : null}
										</button>
									) : (
										<span class={c.untitled ? "visually-hidden" : ""}>
											{c.title}
										</span>
									)}
								</th>
							);
						})}
					</tr>
				</thead>
				<tbody
					{...(reading
						? {
								onPointerEnter: () => {
									reading.value = true;
								},
								onPointerLeave: () => {
									reading.value = false;
								},
							}
						: {})}
				>
					{rows.map((row) => {
						const below = detail?.(row);
						return (
							<Fragment key={id(row)}>
								<tr class={rowClass?.(row)}>
									{columns.map((c) => (
										<td key={c.key} class={classOf(c)}>
											{c.cell(row)}
										</td>
									))}
								</tr>
								{below ? (
									<tr class="detail">
										<td colSpan={columns.length}>{below}</td>
									</tr>
								) : null}
							</Fragment>
						);
					})}
				</tbody>
			</table>
		</div>
	);
}
