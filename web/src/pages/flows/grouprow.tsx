// SPDX-License-Identifier: BSD-2-Clause
// A row of the accordion: what a group's flows have together, in the columns of its flows; on
// phones a card.

import type { ComponentChildren } from "preact";
import { memo } from "../../ui/memo";
import type { Value } from "../../api/types";
import * as fmt from "../../core/format";
import { units } from "../../core/settings";
import { fieldOf } from "../../data/fields";
import { labelWritten, written } from "../../ui/cells";
import { isMono } from "../../ui/fieldvalue";
import { Icon } from "../../ui/icons";
import { type FlowColumn, type Get, num, type RowProps, text } from "./columns";
import { getter, nesting } from "./rows";
import { t } from "../../words/t";

interface GroupRowProps extends RowProps {
	/** that its key is of */
	field: string;
	path: string;
	level: number;
	open: boolean;
	onToggle: (path: string) => void;
	onMenu: (at: MouseEvent | HTMLElement, path: string) => void;
}

const word = (service: unknown): string =>
	typeof service === "object" && service
		? String((service as { key?: Value }).key ?? "")
		: String(service);

function services(get: Get): string[] {
	const list = get("services");
	return Array.isArray(list) ? list.map((one) => written("service", word(one))) : [];
}

function peers(get: Get): string {
	const n = num(get("hosts")) ?? 0;
	return t("word.nPeers", { n, count: fmt.countShort(n) });
}

function Rate({ get, max }: { get: Get; max: number }) {
	const up = num(get("rate_bps.up")) ?? 0;
	const down = num(get("rate_bps.down")) ?? 0;
	const all = up + down;
	const share = max > 0 && all > 0 ? Math.max(2, 100 * Math.sqrt(all / max)) : 0;
	return (
		<span
			class="rate"
			title={`↑ ${fmt.rate(up, units.value)}\n↓ ${fmt.rate(down, units.value)}`}
		>
			<span class={all ? "strong" : "faint"}>{fmt.rate(all, units.value)}</span>
			<span class="rate-bar" aria-hidden="true" style={{ width: `${share}%` }}>
				<i class="down" style={{ flexGrow: down }} />
				<i class="up" style={{ flexGrow: up }} />
			</span>
		</span>
	);
}

const bytes = (field: string, tint: string) => (get: Get) => (
	<span class={tint} title={t("word.nBytes", { n: num(get(field)) ?? 0 })}>
		{fmt.bytes(num(get(field)), units.value)}
	</span>
);

/** What stands in a flow's column, of all flows of a group. */
const CELLS: Record<string, (get: Get, max: number) => ComponentChildren> = {
	up: bytes("bytes.up", "up-text"),
	down: bytes("bytes.down", "down-text"),
	bytes: (get) =>
		fmt.bytes((num(get("bytes.up")) ?? 0) + (num(get("bytes.down")) ?? 0), units.value),
	rate: (get, max) => <Rate get={get} max={max} />,
	service: (get) => <span class="faint">{services(get).join(", ")}</span>,
};

/** The columns that the key may take: those at the front that groups have nothing for. */
function spanOf(columns: FlowColumn[]): number {
	const first = columns.findIndex((column) => column.key in CELLS);
	return Math.max(1, first < 0 ? columns.length : first);
}

interface KeyProps {
	get: Get;
	id: string;
	field: string;
	about?: string;
}

function Key({ get, id, field, about }: KeyProps) {
	const label = text(get("label"));
	const key = text(get("key")) || id;
	const title = t("flows.nActiveClosed", {
		active: num(get("active")) ?? 0,
		closed: num(get("closed")) ?? 0,
	});
	return (
		<>
			<span class="twist" aria-hidden="true">
				<Icon name="right" size={14} />
			</span>
			{label && label !== key ? (
				<span class="end2">
					<span class="end-main">{labelWritten(field, label)}</span>
					<span class="end-sub mono">{written(field, key)}</span>
				</span>
			) : (
				<span class={`${isMono(fieldOf(field)) ? "mono " : ""}cut strong`}>
					{written(field, key) || t("flows.noKey")}
				</span>
			)}
			<span class="pill" title={title}>
				{fmt.countShort(num(get("flows")))}
			</span>
			{about ? <span class="faint group-peers">{about}</span> : null}
		</>
	);
}

function Card({ max, ...key }: KeyProps & { max: number }) {
	const { get } = key;
	return (
		<>
			<div class="td group-key" role="gridcell">
				<Key {...key} />
			</div>
			<div class="td end" role="gridcell">
				<Rate get={get} max={max} />
			</div>
			<div class="td faint group-about" role="gridcell">
				{[peers(get), ...services(get)].join(" · ")}
			</div>
			<div class="td end card-bytes" role="gridcell">
				<span class="up">↑ {fmt.bytes(num(get("bytes.up")), units.value)}</span>{" "}
				<span class="down">↓ {fmt.bytes(num(get("bytes.down")), units.value)}</span>
			</div>
		</>
	);
}

/** Services go on over what is empty behind them. */
function endOf(columns: FlowColumn[], i: number): number {
	let end = i + 1;
	if (columns[i]!.key === "service")
		while (end < columns.length && !(columns[end]!.key in CELLS)) end++;
	return end;
}

function Cells({
	get,
	id,
	field,
	columns,
	max,
}: Pick<GroupRowProps, "id" | "field" | "columns" | "max"> & { get: Get }) {
	const span = spanOf(columns);
	const own = columns.slice(span).some((column) => column.key === "service");
	const about = [peers(get), ...(own ? [] : [services(get).join(", ")])].filter(Boolean);
	return (
		<>
			<div class="td group-key" role="gridcell" style={{ gridColumn: `1 / ${span + 1}` }}>
				<Key get={get} id={id} field={field} about={about.join(" · ")} />
			</div>
			{columns.map((column, i) =>
				i >= span && column.key in CELLS ? (
					<div
						key={column.key}
						class={`td${column.align === "end" ? " end" : ""}`}
						role="gridcell"
						data-col={column.key}
						style={{ gridColumn: `${i + 1} / ${endOf(columns, i) + 1}` }}
					>
						{CELLS[column.key]!(get, max)}
					</div>
				) : null,
			)}
		</>
	);
}

export const GroupRow = memo(function GroupRow(props: GroupRowProps) {
	const get = getter(props.names, props.row.value);
	return (
		<div
			class={`tr group${props.open ? " open" : ""}${nesting(props.level)}`}
			role="row"
			tabIndex={props.index === 0 ? 0 : -1}
			data-index={props.index}
			data-key={text(get("key")) || props.id}
			aria-rowindex={props.index + 2}
			aria-expanded={props.open}
			aria-level={props.level}
			style={{ transform: `translateY(${props.top}px)` }}
			onClick={(event) =>
				!(event.target as Element).closest("button, a") && props.onToggle(props.path)
			}
			onContextMenu={(event) => {
				event.preventDefault();
				props.onMenu(event, props.path);
			}}
			onKeyDown={(event) => {
				const open = event.key === "ArrowRight" && !props.open;
				const close = event.key === "ArrowLeft" && props.open;
				if (event.key !== "Enter" && event.key !== " " && !open && !close) return;
				event.preventDefault();
				props.onToggle(props.path);
			}}
		>
			{props.card ? (
				<Card get={get} id={props.id} field={props.field} max={props.max} />
			) : (
				<Cells
					get={get}
					id={props.id}
					field={props.field}
					columns={props.columns}
					max={props.max}
				/>
			)}
		</div>
	);
});
