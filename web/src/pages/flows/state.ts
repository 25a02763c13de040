// SPDX-License-Identifier: BSD-2-Clause
// The state of the Flows page: what the address says, which columns, whether the order is held.

import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { paused, summary } from "../../api/state";
import type { Field, ViewBody } from "../../api/types";
import { fieldOf, fields, fieldsAsked, wordsOf } from "../../data/fields";
import * as filter from "../../core/filter";
import { flowFilter, flowTerms } from "../../core/pagefilter";
import { decoded, param, setParams } from "../../core/route";
import { columnsChosen, columnWidths } from "../../core/settings";
import { liveness, past } from "../../core/time";
import { openMenu, showMenu } from "../../ui/menu";
import type { GridWindow } from "../../ui/grid";
import { columnsOf, type FlowColumn, fieldsOf } from "./columns";
import { scopeName } from "../../ui/cells";
import { labelOf, t } from "../../words/t";

export type Live = "live" | "closed" | "both";

const liveChosen = param("live");
export const live = computed<Live>(() => (liveChosen.value || liveness.value) as Live);
const scopeChosen = param("scope");
export const groupBy = param("group");
const sortChosen = param("sort");
/** What is past moves no more. */
const OF_NOW = /^-?(rate_bps|pps|idle_ms|timeout_s)/;
export const sort = computed(() => {
	const chosen = sortChosen.value;
	if (past.value) return chosen && !OF_NOW.test(chosen) ? chosen : "-last_seen";
	return chosen || "-rate_bps";
});
/** What flows are grouped by: one field, or groups within groups of two. */
export const levels = computed(() => groupBy.value.split(",").filter(Boolean).slice(0, 2));
const openParam = param("open");
/** Paths of open groups: their keys, written as in an address, with "/" between. */
export const openGroups = computed(() => openParam.value.split(",").filter(Boolean));

export const pathOf = (above: string, key: string) =>
	above ? `${above}/${encodeURIComponent(key)}` : encodeURIComponent(key);
export const keysOf = (path: string) => path.split("/").map(decoded);
/** The terms that its flows have in common. */
export const termsOf = (path: string) =>
	keysOf(path).map((key, i) => filter.term(levels.peek()[i]!, key));

export const scopes = computed<[string, string][]>(() => [
	["all", t("word.all")],
	...wordsOf("scope").map((word): [string, string] => [word, scopeName(word)]),
]);

/** What a router is asked about first; null: not known yet whether there is any of it. */
const usualScope = signal<string | null>(null);
const OUTWARD = "internal-external";

/** Once: on a machine that forwards for nobody, all is shown. */
effect(() => {
	if (!summary.value || usualScope.peek() !== null) return;
	usualScope.value = summary.value.by_scope[OUTWARD] ? OUTWARD : "all";
});

/** Who looks for something looks everywhere, unless told where. Until it is told, what a router has is asked for. */
export const scope = computed(
	() => scopeChosen.value || (flowTerms.value.length ? "all" : (usualScope.value ?? OUTWARD)),
);
/** None of a scope that nobody chose is no answer. */
export const scopeIsGuess = computed(
	() => usualScope.value === null && !scopeChosen.value && !flowTerms.value.length,
);

const USUAL_GROUPS = [
	"src.ip",
	"dst.ip",
	"dst.host",
	"service",
	"dst.port",
	"state",
	"iface",
	"proto",
];

const named = (f: Field): [string, string] => [f.name, f.label];

export const usualGroups = computed(() =>
	USUAL_GROUPS.flatMap((name) => fieldOf(name) ?? []).map(named),
);

/** What else there is to group by, in its sections. */
export const moreGroups = computed(() => {
	const rest = fields.value.filter((f) => f.group && !USUAL_GROUPS.includes(f.name));
	const sections = [...new Set(rest.map((f) => f.section))];
	return sections.map((section): [string, [string, string][]] => [
		labelOf(section, section),
		rest.filter((f) => f.section === section).map(named),
	]);
});

/** Whoever closes a group closes those in it. */
export function toggleGroup(path: string): void {
	const have = openGroups.value;
	const next = have.includes(path)
		? have.filter((other) => other !== path && !other.startsWith(`${path}/`))
		: [...have, path].slice(-MOST_OPEN);
	setParams({ open: next.join(",") || null });
}

/** Open groups each hold a view on the server. */
const MOST_OPEN = 8;

export const allColumns = computed(() => columnsOf(fields.value));

const colsParam = param("cols");

/** Of the address first: who gets it sees the same. */
const chosenColumns = computed(() => {
	const keys = colsParam.value ? colsParam.value.split(",") : columnsChosen.value;
	const list = keys?.flatMap((key) => allColumns.value.find((c) => c.key === key) ?? []);
	return list?.length ? list : null;
});

const usualColumns = computed(() =>
	allColumns.value.filter((c) => c.shown && !(past.value && c.key === "rate")),
);

function widened(column: FlowColumn): FlowColumn {
	const px = columnWidths.value[column.key];
	return px ? { ...column, track: `${px}px`, least: px } : column;
}

export const columns = computed<FlowColumn[]>(() =>
	(chosenColumns.value ?? usualColumns.value).map(widened),
);

/** Null: the usual ones. */
export function chooseColumns(keys: string[] | null): void {
	columnsChosen.value = keys;
	setParams({ cols: keys && keys.join(",") });
}

/** Those of this browser go along in the address. */
export function tellColumns(): void {
	if (columnsChosen.peek() && !colsParam.peek())
		setParams({ cols: columnsChosen.peek()!.join(",") });
}

/** Px that the table has; 0: not measured. */
export const tableWidth = signal(0);
const MARGINS = 24 + 36; // of a row, and its menu

/** Others than the usual ones; their order alone is no choice of them. */
const picked = computed(
	() =>
		chosenColumns.value !== null &&
		(chosenColumns.value.length !== usualColumns.value.length ||
			usualColumns.value.some((c) => !chosenColumns.value!.includes(c))),
);

/** Those of them that have room: the least important go first. What the user chose scrolls instead. */
export const fitting = computed<FlowColumn[]>(() => {
	let list = columns.value;
	if (picked.value || !tableWidth.value) return list;
	const room = tableWidth.value - MARGINS;
	const least = () => list.reduce((sum, c) => sum + c.least, 0);
	while (least() > room) {
		const first = Math.max(...list.map((c) => c.drop ?? 0));
		if (!first) break;
		list = list.filter((c) => c.drop !== first);
	}
	return list;
});

/** Marks that rows bear whatever the columns. */
const MARKS = ["list", "risk", "name.flags", "partial", "client_by"];

export const fieldNames = computed(() => [
	...new Set([...fieldsOf(columns.value), ...MARKS.filter((name) => fieldOf(name))]),
]);

const placed = (keys: string[], at: number, key: string) => [
	...keys.slice(0, at),
	key,
	...keys.slice(at),
];

/** One that comes stands behind that which is before it as usual. */
export function toggleColumn(key: string): void {
	const now = columns.value.map((c) => c.key);
	const all = allColumns.value.map((c) => c.key);
	const before = all.slice(0, all.indexOf(key)).filter((k) => now.includes(k));
	const at = before.length ? now.indexOf(before[before.length - 1]!) + 1 : 0;
	const next = now.includes(key) ? now.filter((k) => k !== key) : placed(now, at, key);
	if (next.length) chooseColumns(next);
}

function columnMenu(at: MouseEvent | HTMLElement, key: string): void {
	const keys = fitting.value.map((c) => c.key);
	const i = keys.indexOf(key);
	const column = columns.value.find((c) => c.key === key)!;
	const width = columnWidths.value[key] ?? column.least;
	showMenu(at, column.title, () => [
		{
			label: t("columns.moveLeft"),
			hint: "Alt ←",
			disabled: i > 0 ? null : t("columns.isFirst"),
			run: () => arrange.move(key, keys[i - 1]!),
		},
		{
			label: t("columns.moveRight"),
			hint: "Alt →",
			disabled: i + 1 < keys.length ? null : t("columns.isLast"),
			run: () => arrange.move(key, keys[i + 2] ?? null),
		},
		{
			label: t("columns.wider"),
			hint: "Alt Shift →",
			apart: true,
			stay: true,
			run: () => arrange.resize(key, (columnWidths.value[key] ?? width) + 32),
		},
		{
			label: t("columns.narrower"),
			hint: "Alt Shift ←",
			stay: true,
			run: () => arrange.resize(key, Math.max(40, (columnWidths.value[key] ?? width) - 32)),
		},
		{ label: t("columns.usualWidth"), run: () => arrange.resize(key, null) },
		{ label: t("columns.hide"), apart: true, run: () => toggleColumn(key) },
	]);
}

export const arrange = {
	menu: columnMenu,
	move(key: string, before: string | null): void {
		const rest = columns.value.map((c) => c.key).filter((k) => k !== key);
		const at = before === null ? rest.length : rest.indexOf(before);
		chooseColumns(placed(rest, at, key));
	},
	resize(key: string, px: number | null): void {
		const { [key]: _, ...rest } = columnWidths.value;
		columnWidths.value = px === null ? rest : { ...rest, [key]: px };
	},
};

/** Rows on screen, by the grid. */
export const shown = signal<GridWindow>({ first: 0, last: 40 });

const MOST_ROWS = 300;
const STEP = 20;

/** The rows to hold: those on screen and one screen either way, in steps so that a small scroll asks for nothing. */
const fetched = computed(() => {
	const { first, last } = shown.value;
	const screen = Math.max(20, last - first);
	const offset = Math.max(0, Math.floor((first - screen) / STEP) * STEP);
	return `${offset},${Math.min(MOST_ROWS, Math.ceil((screen * 3) / STEP) * STEP + STEP)}`;
});

// --- holding the order while somebody reads ---

const reading = signal(false);
const selecting = signal(false);
const forced = signal(false);
let release: ReturnType<typeof setTimeout> | undefined;
const RELEASE_MS = 2000;

let heldLast = false;

/** Pausing changes nothing: what stood still goes on to. */
export const held = computed(() => {
	if (forced.value) heldLast = false;
	else if (!paused.value) heldLast = reading.value || selecting.value || openMenu.value !== null;
	return heldLast;
});

export function startReading(): void {
	clearTimeout(release);
	reading.value = true;
}

export function stopReading(): void {
	clearTimeout(release);
	release = setTimeout(() => {
		reading.value = false;
	}, RELEASE_MS);
}

/** Text that is being selected in the table holds it too, wherever the pointer is. */
export function watchSelection(): () => void {
	const look = () => {
		const selection = getSelection();
		const node = selection?.anchorNode;
		selecting.value =
			!!selection &&
			!selection.isCollapsed &&
			!!(node instanceof Element ? node : node?.parentElement)?.closest(".grid-body");
	};
	document.addEventListener("selectionchange", look);
	return () => {
		document.removeEventListener("selectionchange", look);
		selecting.value = false;
	};
}

/** Sort anew now, then hold again. */
export function rerank(): void {
	forced.value = true;
	setTimeout(() => {
		forced.value = false;
	}, 1100);
}

/** Who asks for another order has done with reading this one. */
export function sortBy(next: string): void {
	rerank();
	setParams({ sort: next });
}

type Wanted = Omit<ViewBody, "view">;

/** The flat list; null while grouped. */
export const wantedFlat = computed<Wanted | null>(() => {
	if (groupBy.value || !fieldsAsked.value) return null;
	const [offset = 0, limit = 100] = fetched.value.split(",").map(Number);
	return {
		filter: flowFilter.value,
		live: live.value,
		scope: scope.value,
		group_by: null,
		sort: sort.value,
		columns: fieldNames.value,
		offset,
		limit,
		hold: held.value,
	};
});

const GROUP_FIELDS = [
	"key",
	"label",
	"flows",
	"active",
	"closed",
	"bytes.up",
	"bytes.down",
	"rate_bps.up",
	"rate_bps.down",
	"services",
	"hosts",
];

export const wantedGroups = computed<Wanted | null>(() => {
	if (!groupBy.value || !fieldsAsked.value) return null;
	return {
		filter: flowFilter.value,
		live: live.value,
		scope: scope.value,
		group_by: levels.value[0]!,
		sort: groupSort(sort.value),
		columns: GROUP_FIELDS,
		offset: 0,
		limit: MOST_ROWS,
		hold: held.value,
	};
});

const IN_GROUP = 100;

/** What an open group shows: groups of the second field, or flows. */
export function wantedInside(path: string): ReadonlySignal<Wanted | null> {
	return computed(() => {
		const then = levels.value[keysOf(path).length];
		if (!groupBy.value) return null;
		return {
			filter: filter.all(flowFilter.value, ...termsOf(path)),
			live: live.value,
			scope: scope.value,
			group_by: then ?? null,
			sort: then ? groupSort(sort.value) : sort.value,
			columns: then ? GROUP_FIELDS : fieldNames.value,
			offset: 0,
			limit: IN_GROUP,
			hold: held.value,
		};
	});
}

const GROUP_SORTS = new Set([
	"bytes",
	"bytes.up",
	"bytes.down",
	"rate_bps",
	"rate_bps.up",
	"rate_bps.down",
	"flows",
	"key",
]);

/** Groups have fewer things to sort by. */
function groupSort(text: string): string {
	return GROUP_SORTS.has(text.replace(/^-/, "")) ? text : past.value ? "-bytes" : "-rate_bps";
}
