// SPDX-License-Identifier: BSD-2-Clause
// The head of a grid: titles that sort, that are dragged to another place, and whose edge is dragged
// to another width; by keyboard with Alt and the arrows, Shift for the width.

import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import type { GridColumn } from "./grid";
import { Icon } from "./icons";

/** What a caller lets its users do with columns. */
export interface Arrange {
	/** before `before`; null: to the end */
	move: (key: string, before: string | null) => void;
	/** px; null: as usual */
	resize: (key: string, px: number | null) => void;
	/** the same and more as a menu */
	menu: (at: MouseEvent | HTMLElement, key: string) => void;
}

interface HeadProps {
	head: RefObject<HTMLDivElement | null>;
	columns: GridColumn[];
	sort: string;
	onSort: ((sort: string) => void) | undefined;
	arrange: Arrange | undefined;
}

const STEP_PX = 16;
const DRAG_PX = 6; // less is a click

function nextSort(sort: string, column: GridColumn): string {
	const key = column.sort!;
	if (sort === key) return `-${key}`;
	if (sort === `-${key}`) return key;
	return column.align === "end" ? `-${key}` : key;
}

/** Of those that can be moved, the neighbours of one. */
function step(columns: GridColumn[], key: string, by: -1 | 1, arrange: Arrange): void {
	const keys = columns.filter((c) => !c.quiet).map((c) => c.key);
	const to = keys.indexOf(key) + by;
	if (to < 0 || to >= keys.length) return;
	arrange.move(key, keys[by < 0 ? to : to + 1] ?? null);
}

const cellOf = (target: EventTarget | null) =>
	(target as Element | null)?.closest<HTMLElement>("[role=columnheader]") ?? null;

/** Follow the pointer until it is let go; `done` hears how far it came. */
function follow(down: PointerEvent, moved: (x: number) => void, done: (x: number) => void): void {
	const stop = new AbortController();
	const options = { signal: stop.signal };
	addEventListener("pointermove", (event) => moved(event.clientX), options);
	addEventListener(
		"pointerup",
		(event) => {
			stop.abort();
			done(event.clientX);
		},
		options,
	);
	addEventListener("pointercancel", () => stop.abort(), options);
	moved(down.clientX);
}

/** A drag ends in a click on what it began at, which is none. */
function swallowClick(): void {
	const eat = (event: Event) => {
		event.stopPropagation();
		event.preventDefault();
	};
	addEventListener("click", eat, { capture: true, once: true });
	setTimeout(() => removeEventListener("click", eat, { capture: true }), 0);
}

export function GridHead({ head, columns, sort, onSort, arrange }: HeadProps) {
	/** the key of the column that it would stand before; "": at the end; null: nothing is dragged */
	const target = useSignal<string | null>(null);

	const targetAt = (x: number): string => {
		const cells = [...head.current!.querySelectorAll<HTMLElement>("[data-key]")];
		const behind = cells.find((cell) => {
			const { left, width } = cell.getBoundingClientRect();
			return x < left + width / 2;
		});
		return behind?.dataset.key ?? "";
	};
	const drag = (down: PointerEvent, key: string) => {
		if (!arrange || down.button || down.pointerType === "touch") return;
		follow(
			down,
			(x) => {
				if (target.value !== null || Math.abs(x - down.clientX) > DRAG_PX)
					target.value = targetAt(x);
			},
			() => {
				const before = target.value;
				target.value = null;
				if (before === null) return;
				swallowClick();
				if (before !== key) arrange.move(key, before || null);
			},
		);
	};
	const size = (down: PointerEvent, column: GridColumn) => {
		down.stopPropagation();
		down.preventDefault();
		const start = cellOf(down.target)!.offsetWidth;
		const to = (x: number) =>
			arrange!.resize(column.key, Math.max(40, Math.round(start + x - down.clientX)));
		follow(down, (x) => x !== down.clientX && to(x), swallowClick);
	};
	const onKey = (event: KeyboardEvent, column: GridColumn) => {
		const by = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
		if (!arrange || !by || !event.altKey) return;
		event.preventDefault();
		event.stopPropagation();
		const width = cellOf(event.target)!.offsetWidth;
		if (event.shiftKey) arrange.resize(column.key, Math.max(40, width + by * STEP_PX));
		else step(columns, column.key, by, arrange);
	};
	return (
		<div ref={head} class="grid-head" role="rowgroup">
			<div class="tr" role="row" aria-rowindex={1}>
				{columns.map((column) => {
					const key = column.sort;
					const state =
						key && sort === key
							? "ascending"
							: key && sort === `-${key}`
								? "descending"
								: undefined;
					const free = arrange && !column.quiet;
					const title = (
						<>
							{column.icon}
							<span class={column.quiet ? "visually-hidden" : ""}>
								{column.title}
							</span>
							{state ? (
								<span class={`sort-mark ${state}`} aria-hidden="true">
									<Icon name="down" size={12} />
								</span>
							) : null}
						</>
					);
					return (
						<div
							key={column.key}
							class={`th${column.align === "end" ? " end" : ""}${target.value === column.key ? " before" : ""}`}
							role="columnheader"
							aria-sort={state}
							title={column.help}
							{...(free
								? {
										"data-key": column.key,
										onPointerDown: (event: PointerEvent) =>
											drag(event, column.key),
										onKeyDown: (event: KeyboardEvent) => onKey(event, column),
										onContextMenu: (event: MouseEvent) => {
											event.preventDefault();
											arrange.menu(event, column.key);
										},
									}
								: {})}
						>
							{(key && onSort) || free ? (
								<button
									type="button"
									class="th-button"
									aria-haspopup={key && onSort ? undefined : "menu"}
									onClick={(event) =>
										key && onSort
											? onSort(nextSort(sort, column))
											: arrange!.menu(event.currentTarget, column.key)
									}
								>
									{title}
								</button>
							) : (
								title
							)}
							{free ? (
								<span
									class="th-edge"
									aria-hidden="true"
									onPointerDown={(event) => size(event, column)}
									onDblClick={() => arrange.resize(column.key, null)}
								/>
							) : null}
						</div>
					);
				})}
			</div>
		</div>
	);
}
