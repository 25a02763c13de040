// SPDX-License-Identifier: BSD-2-Clause
// The accordion: groups with their totals over the whole matched set, each opening on its flows, or
// on groups of a second field. All lie in one list of lines, so that the same grid draws them.

import { signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { type LiveView, useView } from "../../api/view";
import { fieldOf } from "../../data/fields";
import * as filter from "../../core/filter";
import { flowsWith } from "../../core/pagefilter";
import { density, narrow, ROW_HEIGHT } from "../../core/settings";
import { Grid, type GridColumn } from "../../ui/grid";
import { groupMenu, openFlow, rowMenu } from "./acts";
import { CARD_HEIGHT, readingProps, useMax } from "./flat";
import type { FlowColumn } from "./columns";
import { GroupRow } from "./grouprow";
import { FlowRow } from "./rows";
import {
	arrange,
	fitting,
	keysOf,
	levels,
	openGroups,
	pathOf,
	shown,
	sort,
	sortBy,
	tableWidth,
	termsOf,
	toggleGroup,
	wantedInside,
} from "./state";
import { t } from "../../words/t";

type Line =
	| { kind: "group"; path: string; key: string; view: LiveView }
	| { kind: "flow"; path: string; id: string; view: LiveView }
	| { kind: "note"; path: string; text: string; href: string | null };

/** Views of open groups, by path. They come and go with the group's component. */
const inside = signal<ReadonlyMap<string, LiveView>>(new Map());

/** Keeps the view of one open group alive; draws nothing itself. */
function OpenGroup({ path }: { path: string }) {
	const wanted = useMemo(() => wantedInside(path), [path]);
	const view = useView(`g${hash(path)}`, wanted);
	useEffect(() => {
		inside.value = new Map(inside.peek()).set(path, view);
		return () => {
			const rest = new Map(inside.peek());
			rest.delete(path);
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

/** What stands in an open group; nothing until its view is there. */
function linesIn(path: string, open: Set<string>): Line[] {
	const view = inside.value.get(path);
	if (!view) return [];
	const lines =
		keysOf(path).length < levels.value.length
			? linesOf(view, path, open)
			: view.ids.value.map((id): Line => ({ kind: "flow", path, id, view }));
	const more = view.matched.value - view.ids.value.length;
	if (!view.ready.value && !lines.length)
		return [{ kind: "note", path, text: t("word.loading"), href: null }];
	if (view.ready.value && more > 0)
		lines.push({
			kind: "note",
			path,
			text: t("flows.nMoreShow", { n: more }),
			href: flowsWith(filter.all(...termsOf(path)), { group: null }),
		});
	return lines;
}

function linesOf(view: LiveView, above: string, open: Set<string>): Line[] {
	return view.ids.value.flatMap((key): Line[] => {
		const path = pathOf(above, key);
		const group: Line = { kind: "group", path, key, view };
		return open.has(path) ? [group, ...linesIn(path, open)] : [group];
	});
}

/** Of a flow's columns those that groups have too, and how they are called there. */
const OF_GROUPS = new Set(["bytes", "bytes.up", "bytes.down", "rate_bps"]);

/** The same columns as the flows inside have, so that figures stand under each other. */
function groupColumns(cols: FlowColumn[]): GridColumn[] {
	const [first, ...rest] = cols;
	const title = levels.value.map((name) => fieldOf(name)?.label ?? name).join(" › ");
	return [
		{ ...first!, title, sort: "key", help: t("flows.groupHelp") },
		...rest.map(({ sort: by, ...column }): GridColumn => ({
			...column,
			...(by && OF_GROUPS.has(by) ? { sort: by } : {}),
		})),
		{ key: "menu", title: t("flows.actions"), quiet: true, track: "36px", least: 36 },
	];
}

/** Where the user put figures first, the key goes before them: it needs a column with room. */
function keyFirst(cols: FlowColumn[]): FlowColumn[] {
	const roomy = cols.find((column) => column.align !== "end") ?? cols[0]!;
	return [roomy, ...cols.filter((column) => column !== roomy)];
}

/** Of a group in a group: the outer one is open, too. */
function isShown(path: string, open: Set<string>): boolean {
	const keys = path.split("/");
	return keys.length <= levels.value.length && (keys.length < 2 || open.has(keys[0]!));
}

export function GroupedTable({ view, current }: { view: LiveView; current: string | null }) {
	const max = useMax(view);
	const cards = narrow.value;
	const height = cards ? CARD_HEIGHT : Math.max(36, ROW_HEIGHT[density.value]);
	const open = new Set(openGroups.value);
	const lines = linesOf(view, "", open);
	const cols = keyFirst(fitting.value);
	return (
		<>
			{openGroups.value
				.filter((path) => isShown(path, open))
				.map((path) => (
					<OpenGroup key={path} path={path} />
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
						const row = line.view.row(line.key);
						return row ? (
							<GroupRow
								key={`g:${line.path}`}
								id={line.key}
								path={line.path}
								level={keysOf(line.path).length}
								field={levels.value[keysOf(line.path).length - 1] ?? ""}
								index={index}
								top={top}
								row={row}
								columns={cols}
								names={line.view.columns.value}
								max={max}
								open={open.has(line.path)}
								card={cards}
								onToggle={toggleGroup}
								onMenu={groupMenu}
							/>
						) : null;
					}
					if (line.kind === "note")
						return (
							<div
								key={`n:${line.path}`}
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
					const row = line.view.row(line.id);
					return row ? (
						<FlowRow
							key={`${line.path} ${line.id}`}
							id={line.id}
							index={index}
							top={top}
							row={row}
							columns={cols}
							names={line.view.columns.value}
							max={max}
							card={cards}
							level={levels.value.length + 1}
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
