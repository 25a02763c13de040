// SPDX-License-Identifier: BSD-2-Clause
// A grid of fixed-height rows of which only those near the viewport exist. It knows nothing of
// flows: the caller says how many rows there are and draws the one with a given number.

import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren, HTMLAttributes } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { type Arrange, GridHead } from "./gridhead";

export interface GridColumn {
	key: string;
	title: string;
	help?: string;
	/** a track of CSS grid */
	track: string;
	/** what the track asks for at least, px */
	least: number;
	align?: "end";
	sort?: string;
	icon?: ComponentChildren;
	/** the title is for screen readers alone */
	quiet?: boolean;
	/** where there is no room, the highest of these are left out first */
	drop?: number;
}

export interface GridWindow {
	first: number;
	last: number;
}

interface GridProps {
	label: string;
	columns: GridColumn[];
	count: number;
	rowHeight: number;
	sort: string;
	onSort?: (sort: string) => void;
	arrange?: Arrange;
	/** the rows on screen; the caller fetches what it needs around them */
	window: Signal<GridWindow>;
	/** told how wide it is */
	width?: Signal<number>;
	row: (index: number) => ComponentChildren;
	cards: boolean;
	busy?: boolean;
	/** rows glide to their new places */
	gentle?: boolean;
	/** rows open and close */
	tree?: boolean;
	children?: ComponentChildren;
	bodyProps?: HTMLAttributes<HTMLDivElement>;
}

const OVERSCAN = 6;
const MOST_PX = 15_000_000; // Firefox ends soon after

const MOVES: Record<string, (i: number, page: number, n: number) => number> = {
	ArrowDown: (i) => i + 1,
	ArrowUp: (i) => i - 1,
	j: (i) => i + 1,
	k: (i) => i - 1,
	PageDown: (i, page) => i + page,
	PageUp: (i, page) => i - page,
	Home: () => 0,
	End: (_i, _p, n) => n - 1,
};

export function Grid(props: GridProps) {
	const scroller = useRef<HTMLDivElement>(null);
	const head = useRef<HTMLDivElement>(null);
	const range = useSignal<GridWindow>({ first: 0, last: 30 });
	const { columns, rowHeight, cards } = props;
	const count = Math.min(props.count, Math.floor(MOST_PX / rowHeight));

	const measure = () => {
		const box = scroller.current;
		if (!box) return;
		if (props.width && props.width.peek() !== box.clientWidth)
			props.width.value = box.clientWidth;
		const top = Math.max(0, box.scrollTop);
		const first = Math.floor(top / rowHeight);
		const last = Math.ceil((top + box.clientHeight) / rowHeight);
		const was = range.peek();
		if (first !== was.first || last !== was.last) range.value = { first, last };
		const seen = props.window.peek();
		if (first !== seen.first || last !== seen.last) props.window.value = { first, last };
	};
	useLayoutEffect(measure);
	useEffect(() => {
		const watch = new ResizeObserver(measure);
		watch.observe(scroller.current!);
		return () => watch.disconnect();
	}, [rowHeight]);

	const template = columns.map((c) => c.track).join(" ");
	const least = columns.reduce((sum, c) => sum + c.least, 0);
	const style = cards ? {} : { "--tracks": template, "--least": `${least}px` };
	const from = Math.max(0, range.value.first - OVERSCAN);
	const to = Math.min(count, range.value.last + OVERSCAN);
	const rows: ComponentChildren[] = [];
	for (let i = from; i < to; i++) rows.push(props.row(i));

	const onKey = (event: KeyboardEvent) => {
		const row = (event.target as Element).closest<HTMLElement>("[role=row][data-index]");
		const move = MOVES[event.key];
		if (!row || !move || event.ctrlKey || event.metaKey) return;
		event.preventDefault();
		const page = Math.max(1, range.value.last - range.value.first - 2);
		const next = Math.max(0, Math.min(count - 1, move(Number(row.dataset.index), page, count)));
		focusRow(next);
	};
	const focusRow = (index: number) => {
		const box = scroller.current!;
		const headHeight = head.current?.offsetHeight ?? 0;
		const top = index * rowHeight;
		if (top < box.scrollTop) box.scrollTop = top;
		if (top + rowHeight + headHeight > box.scrollTop + box.clientHeight)
			box.scrollTop = top + rowHeight + headHeight - box.clientHeight;
		measure();
		requestAnimationFrame(() =>
			box
				.querySelector<HTMLElement>(`[data-index="${index}"]`)
				?.focus({ preventScroll: true }),
		);
	};
	return (
		<div
			ref={scroller}
			class={`grid${cards ? " cards" : ""}`}
			role={props.tree ? "treegrid" : "grid"}
			aria-label={props.label}
			tabIndex={count ? -1 : 0}
			aria-rowcount={count + 1}
			aria-colcount={columns.length}
			aria-busy={props.busy}
			style={style}
			onScroll={measure}
			onKeyDown={onKey}
		>
			<GridHead
				head={head}
				columns={columns}
				sort={props.sort}
				onSort={props.onSort}
				arrange={props.arrange}
			/>
			<div
				class={`grid-body${props.gentle ? " gentle" : ""}`}
				role="rowgroup"
				style={{ height: `${count * rowHeight}px` }}
				{...props.bodyProps}
			>
				{rows}
			</div>
			{props.children}
		</div>
	);
}
