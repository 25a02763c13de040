// SPDX-License-Identifier: BSD-2-Clause
// Rows of the Flows grid: one flow (as a row or, on phones, as a card), and one group.

import { memo } from "../../ui/memo";
import type { RowSignal } from "../../api/view";
import type { Value } from "../../api/types";
import * as filter from "../../core/filter";
import * as fmt from "../../core/format";
import { exclude, include } from "../../core/pagefilter";
import { keysOn, units } from "../../core/settings";
import { endpoint, safe } from "../../core/text";
import { Icon } from "../../ui/icons";
import { copy } from "../../ui/toast";
import { confirmForget, endsOf, whyNoForget } from "./acts";
import { closedReason, ClosedWord, NameFrom, ProtoBadge, StateBadge } from "../../ui/cells";
import { type FlowColumn, type Get, num, text } from "./columns";

interface FlowRowProps {
	id: string;
	index: number;
	top: number;
	row: RowSignal;
	columns: FlowColumn[];
	names: string[];
	max: number;
	card: boolean;
	nested?: boolean;
	current: boolean;
	onOpen: (id: string) => void;
	onMenu: (at: MouseEvent | HTMLElement, id: string, get: Get, column: FlowColumn | null) => void;
}

function getter(names: string[], values: Value[]): Get {
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
	return (
		<>
			<span class="card-to">
				{host ? (
					<NameFrom name={host} from={text(get("dst.host_from"))} />
				) : (
					<span class="mono">{to}</span>
				)}
			</span>
			<span class="card-rate">
				{closed ? (
					<ClosedWord closed={get("closed")} />
				) : (
					fmt.rate(
						(num(get("rate_bps.up")) ?? 0) + (num(get("rate_bps.down")) ?? 0),
						units.value,
					)
				)}
			</span>
			<span class="card-from">
				<span class="mono cut">{safe(text(get("src.host"))) || text(get("src.ip"))}</span>
				<ProtoBadge
					proto={text(get("proto"))}
					l7={text(get("service")) || text(get("l7"))}
				/>
			</span>
			<span class="card-state">
				{closed ? null : <StateBadge state={text(get("state"))} />}
				<span class="faint">{fmt.duration(num(get("duration_ms")))}</span>
			</span>
			<span class="card-bytes">
				<span class="up">↑ {fmt.bytes(num(get("bytes.up")), units.value)}</span>{" "}
				<span class="down">↓ {fmt.bytes(num(get("bytes.down")), units.value)}</span>
			</span>
		</>
	);
}

export const FlowRow = memo(function FlowRow(props: FlowRowProps) {
	const get = getter(props.names, props.row.value);
	const closed = closedReason(get("closed"));
	const cls = `tr flow${closed ? " closed" : ""}${props.nested ? " nested" : ""}${props.current ? " current" : ""}`;
	return (
		<div
			class={cls}
			role="row"
			tabIndex={props.index === 0 ? 0 : -1}
			data-index={props.index}
			data-id={props.id}
			aria-rowindex={props.index + 2}
			aria-selected={props.current}
			aria-level={props.nested ? 2 : undefined}
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
					aria-label={`Actions for ${safe(text(get("src.ip")))} to ${safe(text(get("dst.host")) || text(get("dst.ip")))}`}
					onClick={(event) => props.onMenu(event.currentTarget, props.id, get, null)}
				>
					<Icon name="more" />
				</button>
			</div>
		</div>
	);
});

interface GroupRowProps {
	id: string;
	index: number;
	top: number;
	row: RowSignal;
	names: string[];
	max: number;
	open: boolean;
	card: boolean;
	onToggle: (key: string) => void;
	onMenu: (at: MouseEvent | HTMLElement, key: string) => void;
}

export const GroupRow = memo(function GroupRow(props: GroupRowProps) {
	const get = getter(props.names, props.row.value);
	const up = num(get("rate_bps.up")) ?? 0;
	const down = num(get("rate_bps.down")) ?? 0;
	const all = up + down;
	const share = props.max > 0 && all > 0 ? Math.max(2, 100 * Math.sqrt(all / props.max)) : 0;
	const active = num(get("active"));
	const flows = num(get("flows"));
	const services = get("services");
	const label = text(get("label"));
	const key = text(get("key")) || props.id;
	return (
		<div
			class={`tr group${props.open ? " open" : ""}`}
			role="row"
			tabIndex={props.index === 0 ? 0 : -1}
			data-index={props.index}
			data-key={key}
			aria-rowindex={props.index + 2}
			aria-expanded={props.open}
			aria-level={1}
			style={{ transform: `translateY(${props.top}px)` }}
			onClick={(event) =>
				!(event.target as Element).closest("button, a") && props.onToggle(key)
			}
			onContextMenu={(event) => {
				event.preventDefault();
				props.onMenu(event, key);
			}}
			onKeyDown={(event) => {
				const open = event.key === "ArrowRight" && !props.open;
				const close = event.key === "ArrowLeft" && props.open;
				if (event.key !== "Enter" && event.key !== " " && !open && !close) return;
				event.preventDefault();
				props.onToggle(key);
			}}
		>
			<div class="td group-key" role="gridcell">
				<span class="twist" aria-hidden="true">
					<Icon name="right" size={14} />
				</span>
				{label && label !== key ? (
					<span class="end2">
						<span class="end-main">{safe(label)}</span>
						<span class="end-sub mono">{safe(key)}</span>
					</span>
				) : (
					<span class="mono cut strong">{safe(key) || "(none)"}</span>
				)}
				<span
					class="pill"
					title={`${fmt.count(active)} active, ${fmt.count(num(get("closed")))} closed`}
				>
					{fmt.countShort(flows)}
				</span>
			</div>
			{props.card ? null : (
				<div class="td group-services" role="gridcell">
					{Array.isArray(services)
						? services.map((s) => (
								<span key={String(s)} class="chip flat">
									{safe(
										typeof s === "object" && s
											? String((s as { key?: Value }).key ?? "")
											: String(s),
									)}
								</span>
							))
						: null}
					<span class="faint">
						{fmt.count(num(get("hosts")))} {num(get("hosts")) === 1 ? "peer" : "peers"}
					</span>
				</div>
			)}
			<div
				class="td end up-text"
				role="gridcell"
				title={`${fmt.count(num(get("bytes.up")))} bytes up`}
			>
				↑ {fmt.bytes(num(get("bytes.up")), units.value)}
			</div>
			<div
				class="td end down-text"
				role="gridcell"
				title={`${fmt.count(num(get("bytes.down")))} bytes down`}
			>
				↓ {fmt.bytes(num(get("bytes.down")), units.value)}
			</div>
			{props.card ? null : (
				<div class="td end" role="gridcell">
					<span
						class="rate"
						title={`↑ ${fmt.rate(up, units.value)}\n↓ ${fmt.rate(down, units.value)}`}
					>
						<span class={all ? "" : "faint"}>{fmt.rate(all, units.value)}</span>
						<span class="rate-bar" aria-hidden="true" style={{ width: `${share}%` }}>
							<i class="down" style={{ flexGrow: down }} />
							<i class="up" style={{ flexGrow: up }} />
						</span>
					</span>
				</div>
			)}
		</div>
	);
});
