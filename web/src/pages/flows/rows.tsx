// SPDX-License-Identifier: BSD-2-Clause
// A row of the Flows grid: one flow, as a row or, on phones, as a card.

import { memo } from "../../ui/memo";
import type { Value } from "../../api/types";
import * as filter from "../../core/filter";
import * as fmt from "../../core/format";
import { exclude, include } from "../../core/pagefilter";
import { keysOn, units } from "../../core/settings";
import { endpoint, safe } from "../../core/text";
import { Icon } from "../../ui/icons";
import { copy } from "../../ui/toast";
import { confirmForget, endsOf, whyNoForget } from "./acts";
import { closedReason, ClosedWord, NameFrom, ProtoBadge, StateMark } from "../../ui/cells";
import { type FlowColumn, type Get, num, type RowProps, text } from "./columns";
import { NameMarks } from "./marks";
import { t } from "../../words/t";

interface FlowRowProps extends RowProps {
	/** of the accordion; undefined: a flat table */
	level?: number;
	current: boolean;
	onOpen: (id: string) => void;
	onMenu: (at: MouseEvent | HTMLElement, id: string, get: Get, column: FlowColumn | null) => void;
}

export function getter(names: string[], values: Value[]): Get {
	return (field) => values[names.indexOf(field)] ?? null;
}

/** Single keys of a focused row. */
const ROW_KEYS: Record<string, (id: string, get: Get) => void> = {
	e: (_id, get) => include(filter.term("dst.ip", text(get("dst.ip")))),
	E: (_id, get) => exclude(filter.term("dst.ip", text(get("dst.ip")))),
	c: (_id, get) => void copy(text(get("dst.ip")), text(get("dst.ip"))),
	D: (id, get) =>
		whyNoForget() === null && !closedReason(get("closed")) && confirmForget(endsOf(id, get)),
};

function onRowKey(event: KeyboardEvent, props: FlowRowProps, get: Get): void {
	if (event.target !== event.currentTarget) return;
	if (event.key === "Enter" || event.key === " ") {
		event.preventDefault();
		props.onOpen(props.id);
	} else if (event.key === "." || event.key === "ContextMenu") {
		event.preventDefault();
		props.onMenu(event.currentTarget as HTMLElement, props.id, get, null);
	} else if (
		ROW_KEYS[event.key] &&
		keysOn.value &&
		!event.ctrlKey &&
		!event.metaKey &&
		!event.altKey
	) {
		event.preventDefault();
		event.stopPropagation();
		ROW_KEYS[event.key]!(props.id, get);
	}
}

function Card({ get }: { get: Get }) {
	const host = text(get("dst.host"));
	const to = endpoint(text(get("dst.ip")), num(get("dst.port")));
	const closed = closedReason(get("closed"));
	const rate = (num(get("rate_bps.up")) ?? 0) + (num(get("rate_bps.down")) ?? 0);
	return (
		<>
			<span class="card-line">
				<span class="card-to">
					{host ? (
						<NameFrom name={host} from={text(get("dst.host_from"))} />
					) : (
						<span class="mono cut">{to}</span>
					)}{" "}
					<NameMarks get={get} />
				</span>
				<span class="card-rate">
					{closed ? <ClosedWord closed={get("closed")} /> : fmt.rate(rate, units.value)}
				</span>
			</span>
			<span class="card-line">
				<span class="card-from">
					{closed ? null : <StateMark state={text(get("state"))} />}
					<span class="cut">{safe(text(get("src.host"))) || text(get("src.ip"))}</span>
					<ProtoBadge
						proto={text(get("proto"))}
						l7={text(get("service")).replace(/ \(.*/, "") || text(get("l7"))}
					/>
				</span>
				<span class="card-bytes">
					<span class="up">↑ {fmt.bytes(num(get("bytes.up")), units.value)}</span>{" "}
					<span class="down">↓ {fmt.bytes(num(get("bytes.down")), units.value)}</span>
				</span>
			</span>
		</>
	);
}

/** How far a row of the accordion is set in. */
export const nesting = (level = 1) => (level > 2 ? " nested deep" : level > 1 ? " nested" : "");

export const FlowRow = memo(function FlowRow(props: FlowRowProps) {
	const get = getter(props.names, props.row.value);
	const closed = closedReason(get("closed"));
	const cls = `tr flow${closed ? " closed" : ""}${nesting(props.level)}${props.current ? " current" : ""}`;
	return (
		<div
			class={cls}
			role="row"
			tabIndex={props.index === 0 ? 0 : -1}
			data-index={props.index}
			data-id={props.id}
			aria-rowindex={props.index + 2}
			aria-selected={props.current}
			aria-level={props.level}
			style={{ transform: `translateY(${props.top}px)` }}
			onClick={(event) => {
				if ((event.target as Element).closest("button, a")) return;
				if (getSelection()?.isCollapsed !== false) props.onOpen(props.id);
			}}
			onContextMenu={(event) => {
				event.preventDefault();
				const at = (event.target as Element).closest<HTMLElement>("[data-col]")?.dataset
					.col;
				props.onMenu(event, props.id, get, props.columns.find((c) => c.key === at) ?? null);
			}}
			onKeyDown={(event) => onRowKey(event, props, get)}
		>
			{props.card ? (
				<div class="card" role="gridcell">
					<Card get={get} />
				</div>
			) : (
				props.columns.map((column) => (
					<div
						key={column.key}
						class={`td${column.align === "end" ? " end" : ""}`}
						role="gridcell"
						data-col={column.key}
					>
						{column.cell(get, props.max)}
					</div>
				))
			)}
			<div class="td row-menu" role="gridcell">
				<button
					type="button"
					class="ghost icon-only"
					tabIndex={-1}
					aria-haspopup="menu"
					aria-label={t("flows.actionsForTo", {
						src: safe(text(get("src.ip"))),
						dst: safe(text(get("dst.host")) || text(get("dst.ip"))),
					})}
					onClick={(event) => props.onMenu(event.currentTarget, props.id, get, null)}
				>
					<Icon name="more" />
				</button>
			</div>
		</div>
	);
});
