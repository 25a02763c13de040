// SPDX-License-Identifier: BSD-2-Clause
// The flat table: a window of the server's sorted list, drawn by the grid.

import { useComputed } from "@preact/signals";
import type { LiveView } from "../../api/view";
import { density, narrow, ROW_HEIGHT } from "../../core/settings";
import { Grid } from "../../ui/grid";
import { openFlow, rowMenu } from "./acts";
import { num } from "./columns";
import { FlowRow } from "./rows";
import {
	arrange,
	fitting,
	shown,
	sort,
	sortBy,
	startReading,
	stopReading,
	tableWidth,
} from "./state";
import { t } from "../../words/t";

export const CARD_HEIGHT = 62;

/** Pointer, focus or a selection inside the rows holds their order. */
export const readingProps = {
	onPointerEnter: startReading,
	onPointerLeave: stopReading,
	onPointerMove: startReading,
	onFocusIn: startReading,
	onFocusOut: stopReading,
};

/** The highest rate among the rows at hand: the full length of the bars. */
export function useMax(view: LiveView): number {
	return useComputed(() => {
		const names = view.columns.value;
		const [up, down] = [names.indexOf("rate_bps.up"), names.indexOf("rate_bps.down")];
		let max = 0;
		for (const id of view.ids.value) {
			const values = view.row(id)?.value;
			if (values)
				max = Math.max(max, (num(values[up] ?? 0) ?? 0) + (num(values[down] ?? 0) ?? 0));
		}
		// steps of a factor two: the bars do not breathe with every tick
		return max > 0 ? 2 ** Math.ceil(Math.log2(max)) : 0;
	}).value;
}

export function FlatTable({ view, current }: { view: LiveView; current: string | null }) {
	const max = useMax(view);
	const cards = narrow.value;
	const height = cards ? CARD_HEIGHT : ROW_HEIGHT[density.value];
	const list = view.ids.value;
	const off = view.off.value;
	const cols = fitting.value;
	const names = view.columns.value;
	return (
		<Grid
			label={t("flows.connections")}
			columns={[
				...cols,
				{ key: "menu", title: t("flows.actions"), quiet: true, track: "36px", least: 36 },
			]}
			count={view.matched.value}
			rowHeight={height}
			sort={sort.value}
			onSort={sortBy}
			arrange={arrange}
			window={shown}
			width={tableWidth}
			cards={cards}
			busy={!view.ready.value}
			gentle={view.gentle.value}
			bodyProps={readingProps}
			row={(index) => {
				const id = list[index - off];
				const row = id === undefined ? undefined : view.row(id);
				if (id === undefined || !row)
					return (
						<div
							key={`gap${index}`}
							class="tr gap"
							role="row"
							aria-rowindex={index + 2}
							style={{ transform: `translateY(${index * height}px)` }}
						>
							<div role="gridcell" />
						</div>
					);
				return (
					<FlowRow
						key={id}
						id={id}
						index={index}
						top={index * height}
						row={row}
						columns={cols}
						names={names}
						max={max}
						card={cards}
						current={id === current}
						onOpen={openFlow}
						onMenu={rowMenu}
					/>
				);
			}}
		/>
	);
}
