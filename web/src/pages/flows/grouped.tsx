// SPDX-License-Identifier: BSD-2-Clause
// The accordion: groups with their totals over the whole matched set, each opening on its flows.
// Groups and the rows of open ones lie in one list of lines, so that the same grid draws both.

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { type LiveView, useView } from "../../api/view";
import type { ViewBody } from "../../api/types";
import { fieldOf } from "../../data/fields";
import * as filter from "../../core/filter";
import { flowFilter, flowsWith } from "../../core/pagefilter";
import { density, narrow, ROW_HEIGHT } from "../../core/settings";
import { Grid, type GridColumn } from "../../ui/grid";
import { groupMenu, openFlow, rowMenu } from "./acts";
import { CARD_HEIGHT, readingProps, useMax } from "./flat";
import type { FlowColumn } from "./columns";
import { GroupRow } from "./grouprow";
import { FlowRow } from "./rows";
import {
	arrange,
	fieldNames,
	fitting,
	groupBy,
	held,
	live,
	openGroups,
	scope,
	shown,
	sort,
	sortBy,
	tableWidth,
	toggleGroup,
} from "./state";
import { t } from "../../words/t";

const IN_GROUP = 100;

type Line =
	| { kind: "group"; key: string }
	| { kind: "flow"; key: string; id: string }
	| { kind: "note"; key: string; text: string; href: string | null };

/** Views of open groups, by key. They come and go with the group's component. */
const inside = signal<ReadonlyMap<string, LiveView>>(new Map());

function wantedInside(key: string): ReadonlySignal<Omit<ViewBody, "view"> | null> {
	return computed(() => {
		if (!groupBy.value) return null;
		return {
			filter: filter.all(flowFilter.value, groupTerm(key)),
			live: live.value,
			scope: scope.value,
			group_by: null,
			sort: sort.value,
			columns: fieldNames.value,
			offset: 0,
			limit: IN_GROUP,
			hold: held.value,
		};
	});
}

function groupTerm(key: string): string {
	return filter.term(groupBy.peek(), key);
}

/** Keeps the view of one open group alive; draws nothing itself. */
function OpenGroup({ group }: { group: string }) {
	const wanted = useMemo(() => wantedInside(group), [group]);
	const view = useView(`g${hash(group)}`, wanted);
	useEffect(() => {
		inside.value = new Map(inside.peek()).set(group, view);
		return () => {
			const rest = new Map(inside.peek());
			rest.delete(group);
			inside.value = rest;
		};
	}, [view]);
	return null;
}

/** View names go into an address: letters and digits only. */
function hash(text: string): string {
	let h = 2166136261;
	for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619);
	return (h >>> 0).toString(36);
}

function linesOf(groups: string[], open: Set<string>): Line[] {
	const lines: Line[] = [];
	for (const key of groups) {
		lines.push({ kind: "group", key });
		if (!open.has(key)) continue;
		const view = inside.value.get(key);
		for (const id of view?.ids.value ?? []) lines.push({ kind: "flow", key, id });
		const more = view ? view.matched.value - view.ids.value.length : 0;
		if (view && !view.ready.value)
			lines.push({ kind: "note", key, text: t("word.loading"), href: null });
		else if (more > 0)
			lines.push({
				kind: "note",
				key,
				text: t("flows.nMoreShow", { n: more }),
				href: flowsWith(groupTerm(key), { group: null }),
			});
	}
	return lines;
}

/** Of a flow's columns those that groups have too, and how they are called there. */
const OF_GROUPS = new Set(["bytes", "bytes.up", "bytes.down", "rate_bps"]);

/** The same columns as the flows inside have, so that figures stand under each other. */
function groupColumns(cols: FlowColumn[]): GridColumn[] {
	const [first, ...rest] = cols;
	const title = fieldOf(groupBy.value)?.label ?? groupBy.value;
	return [
		{ ...first!, title, sort: "key", help: t("flows.groupHelp") },
		...rest.map(({ sort: by, ...column }): GridColumn => ({
			...column,
			...(by && OF_GROUPS.has(by) ? { sort: by } : {}),
		})),
		{ key: "menu", title: t("flows.actions"), quiet: true, track: "36px", least: 36 },
	];
}

export function GroupedTable({ view, current }: { view: LiveView; current: string | null }) {
	const max = useMax(view);
	const cards = narrow.value;
	const height = cards ? CARD_HEIGHT : Math.max(36, ROW_HEIGHT[density.value]);
	const open = new Set(openGroups.value);
	const lines = linesOf(view.ids.value, open);
	const cols = fitting.value;
	return (
		<>
			{openGroups.value.map((key) => (
				<OpenGroup key={key} group={key} />
			))}
			<Grid
				label={t("flows.connectionsGrouped")}
				tree
				columns={groupColumns(cols)}
				count={lines.length}
				rowHeight={height}
				sort={sort.value}
				cards={cards}
				onSort={sortBy}
				arrange={arrange}
				window={shown}
				width={tableWidth}
				busy={!view.ready.value}
				gentle={view.gentle.value}
				bodyProps={readingProps}
				row={(index) => {
					const line = lines[index];
					if (!line) return null;
					const top = index * height;
					if (line.kind === "group") {
						const row = view.row(line.key);
						return row ? (
							<GroupRow
								key={`g:${line.key}`}
								id={line.key}
								index={index}
								top={top}
								row={row}
								columns={cols}
								names={view.columns.value}
								max={max}
								open={open.has(line.key)}
								card={cards}
								onToggle={toggleGroup}
								onMenu={groupMenu}
							/>
						) : null;
					}
					if (line.kind === "note")
						return (
							<div
								key={`n:${line.key}`}
								class="tr note"
								role="row"
								data-index={index}
								tabIndex={-1}
								aria-rowindex={index + 2}
								style={{ transform: `translateY(${top}px)` }}
							>
								<div class="td" role="gridcell">
									{line.href ? (
										<a href={line.href}>{line.text}</a>
									) : (
										<span class="faint">{line.text}</span>
									)}
								</div>
							</div>
						);
					const sub = inside.value.get(line.key);
					const row = sub?.row(line.id);
					return sub && row ? (
						<FlowRow
							key={line.id}
							id={line.id}
							index={index}
							top={top}
							row={row}
							columns={cols}
							names={sub.columns.value}
							max={max}
							card={cards}
							nested
							current={line.id === current}
							onOpen={openFlow}
							onMenu={rowMenu}
						/>
					) : null;
				}}
			/>
			{view.matched.value > view.ids.value.length && view.ready.value ? (
				<p class="under">
					{t("flows.firstGroups", { n: view.ids.value.length, all: view.matched.value })}
				</p>
			) : null}
		</>
	);
}
