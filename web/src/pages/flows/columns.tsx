// SPDX-License-Identifier: BSD-2-Clause
// The columns of the Flows table. One entry says what a column is called, which fields of the
// API it reads, how it is drawn, what a click filters by and what a copy takes. Fields that no
// entry reads get a plain column of their own from the server's field table.

import type { ComponentChildren } from "preact";
import type { Field, Value } from "../../api/types";
import * as filter from "../../core/filter";
import * as fmt from "../../core/format";
import { nameFirst, units } from "../../core/settings";
import { endpoint, safe } from "../../core/text";
import type { GridColumn } from "../../ui/grid";
import { Flash } from "../../ui/flash";
import { ClosedWord, closedReason, NameFrom, ProtoBadge, StateBadge } from "../../ui/cells";

export type Get = (field: string) => Value;

export interface FlowColumn extends GridColumn {
	fields: string[];
	cell: (get: Get, max: number) => ComponentChildren;
	/** the term that "only this" filters by */
	term?: (get: Get) => string | null;
	copy?: (get: Get) => string;
	shown: boolean;
}

export const text = (value: Value): string =>
	value == null ? "" : Array.isArray(value) ? value.join(" ") : String(value);
export const num = (value: Value): number | null => (typeof value === "number" ? value : null);

/** Two lines of an end: the name over the address, or the address alone. */
function End({ get, end }: { get: Get; end: "src" | "dst" }) {
	const ip = text(get(`${end}.ip`));
	const address = endpoint(ip, num(get(`${end}.port`)));
	const host = text(get(`${end}.host`));
	const from = end === "dst" ? text(get("dst.host_from")) : "";
	if (!host)
		return (
			<span class="end1 mono" title={address}>
				{address}
			</span>
		);
	const name = <NameFrom name={host} from={from} />;
	const place = <span class="mono">{address}</span>;
	const swap = nameFirst.value === "address";
	return (
		<span class="end2" title={`${safe(host)}\n${address}`}>
			<span class="end-main">{swap ? place : name}</span>
			<span class="end-sub">{swap ? name : place}</span>
		</span>
	);
}

const endColumn = (
	end: "src" | "dst",
	title: string,
	help: string,
	track: string,
	least: number,
): FlowColumn => ({
	key: end,
	title,
	help,
	track,
	least,
	sort: `${end}.ip`,
	shown: true,
	fields:
		end === "dst"
			? ["dst.host", "dst.host_from", "dst.ip", "dst.port"]
			: ["src.host", "src.ip", "src.port"],
	cell: (get) => <End get={get} end={end} />,
	term: (get) => filter.term(`${end}.ip`, text(get(`${end}.ip`))),
	copy: (get) =>
		text(get(`${end}.host`)) || endpoint(text(get(`${end}.ip`)), num(get(`${end}.port`))),
});

const bytesColumn = (
	field: string,
	key: string,
	title: string,
	help: string,
	shown: boolean,
): FlowColumn => ({
	key,
	title,
	help,
	track: "96px",
	least: 96,
	align: "end",
	sort: field,
	fields: [field],
	shown,
	icon:
		key === "up" || key === "down" ? (
			<span class={`arrow ${key}`} aria-hidden="true">
				{key === "up" ? "↑" : "↓"}
			</span>
		) : null,
	cell: (get) => {
		const value = num(get(field));
		return (
			<Flash value={value}>
				<span
					class={value ? "" : "faint"}
					title={value == null ? "" : `${fmt.count(value)} bytes`}
				>
					{fmt.bytes(value, units.value)}
				</span>
			</Flash>
		);
	},
	copy: (get) => text(get(field)),
});

function Rate({ get, max }: { get: Get; max: number }) {
	const up = num(get("rate_bps.up")) ?? 0;
	const down = num(get("rate_bps.down")) ?? 0;
	if (closedReason(get("closed"))) return <span class="faint">{fmt.NONE}</span>;
	const all = up + down;
	const share = max > 0 && all > 0 ? Math.max(3, 100 * Math.sqrt(all / max)) : 0;
	const title = `↑ ${fmt.rate(up, units.value)}\n↓ ${fmt.rate(down, units.value)}\n${fmt.count(all)} bit/s`;
	return (
		<span class="rate" title={title}>
			<span class={all ? "" : "faint"}>{fmt.rate(all, units.value)}</span>
			<span class="rate-bar" aria-hidden="true" style={{ width: `${share}%` }}>
				<i class="down" style={{ flexGrow: down }} />
				<i class="up" style={{ flexGrow: up }} />
			</span>
		</span>
	);
}

const COLUMNS: FlowColumn[] = [
	endColumn("src", "Source", "Who opened the connection", "minmax(150px, 1.2fr)", 150),
	endColumn(
		"dst",
		"Destination",
		"Where it goes: the name over the address",
		"minmax(200px, 2fr)",
		200,
	),
	{
		key: "proto",
		title: "Protocol",
		track: "96px",
		least: 96,
		sort: "proto",
		fields: ["proto", "l7"],
		shown: true,
		cell: (get) => <ProtoBadge proto={text(get("proto"))} l7={text(get("l7"))} />,
		term: (get) => filter.term("proto", text(get("proto"))),
		copy: (get) => text(get("proto")),
	},
	{
		key: "service",
		title: "Service",
		help: "Service or application, from name, port and protocol",
		track: "minmax(104px, .9fr)",
		least: 104,
		sort: "service",
		fields: ["service"],
		shown: true,
		cell: (get) => (
			<span class="cut" title={safe(text(get("service")))}>
				{safe(text(get("service"))) || <span class="faint">{fmt.NONE}</span>}
			</span>
		),
		term: (get) => (get("service") ? filter.term("service", text(get("service"))) : null),
		copy: (get) => text(get("service")),
	},
	{
		key: "state",
		title: "State",
		help: "State of the connection as conntrack has it; closed flows say why",
		track: "124px",
		least: 124,
		sort: "state",
		fields: ["state", "closed"],
		shown: true,
		cell: (get) =>
			closedReason(get("closed")) ? (
				<ClosedWord closed={get("closed")} />
			) : (
				<StateBadge state={text(get("state"))} />
			),
		term: (get) => (get("state") ? filter.term("state", text(get("state"))) : null),
		copy: (get) => text(get("state")),
	},
	bytesColumn("bytes.up", "up", "Upload", "Bytes from source to destination", true),
	bytesColumn("bytes.down", "down", "Download", "Bytes from destination to source", true),
	{
		key: "rate",
		title: "Rate",
		help: "Both directions together, over the last second",
		track: "104px",
		least: 104,
		align: "end",
		sort: "rate_bps",
		fields: ["rate_bps.up", "rate_bps.down", "closed"],
		shown: true,
		cell: (get, max) => <Rate get={get} max={max} />,
		copy: (get) => text((num(get("rate_bps.up")) ?? 0) + (num(get("rate_bps.down")) ?? 0)),
	},
	{
		key: "duration",
		title: "Duration",
		track: "82px",
		least: 82,
		align: "end",
		sort: "duration_ms",
		fields: ["duration_ms"],
		shown: true,
		cell: (get) => (
			<span title={`${fmt.count(num(get("duration_ms")))} ms`}>
				{fmt.duration(num(get("duration_ms")))}
			</span>
		),
		copy: (get) => text(get("duration_ms")),
	},
	bytesColumn("bytes", "bytes", "Total", "Bytes of both directions", false),
	{
		key: "iface",
		title: "Interface",
		track: "96px",
		least: 96,
		sort: "iface",
		fields: ["iface"],
		shown: false,
		cell: (get) => <span class="mono cut">{safe(text(get("iface")))}</span>,
		term: (get) => filter.term("iface", text(get("iface"))),
		copy: (get) => text(get("iface")),
	},
	{
		key: "nat",
		title: "NAT",
		help: "The address that the other side sees",
		track: "minmax(140px, .8fr)",
		least: 140,
		sort: "nat.kind",
		fields: ["nat.kind", "nat.src", "nat.dst"],
		shown: false,
		cell: (get) =>
			get("nat.kind") ? (
				<span class="end2">
					<span class="end-main">{text(get("nat.kind")).toUpperCase()}</span>
					<span class="end-sub mono">{text(get("nat.src")) || text(get("nat.dst"))}</span>
				</span>
			) : (
				<span class="faint">{fmt.NONE}</span>
			),
		term: (get) => (get("nat.kind") ? filter.term("nat.kind", text(get("nat.kind"))) : null),
		copy: (get) => text(get("nat.src")) || text(get("nat.dst")),
	},
];

const BY_TYPE: Partial<Record<Field["type"], (value: Value) => ComponentChildren>> = {
	bytes: (v) => (
		<span title={`${fmt.count(num(v))} bytes`}>{fmt.bytes(num(v), units.value)}</span>
	),
	rate: (v) => fmt.rate(num(v), units.value),
	packets: (v) => fmt.count(num(v)),
	int: (v) => (typeof v === "number" ? fmt.count(v) : text(v) || fmt.NONE),
	duration: (v) => fmt.duration(num(v)),
	time: (v) => <span title={fmt.fullTime(text(v))}>{fmt.clock(text(v))}</span>,
	bool: (v) => (v === null ? fmt.NONE : v ? "yes" : "no"),
};

const NUMERIC = new Set<string>(["bytes", "rate", "packets", "int", "duration", "time", "port"]);

function plain(field: Field): FlowColumn {
	const numeric = NUMERIC.has(field.type);
	const draw =
		BY_TYPE[field.type] ??
		((v: Value) => (
			<span
				class={field.type === "ip" || field.type === "id" ? "mono cut" : "cut"}
				title={safe(text(v))}
			>
				{safe(text(v)) || <span class="faint">{fmt.NONE}</span>}
			</span>
		));
	return {
		key: field.name,
		title: field.label,
		help: field.help,
		fields: [field.name],
		shown: false,
		track: numeric ? "96px" : "minmax(110px, .7fr)",
		least: numeric ? 96 : 110,
		...(numeric ? { align: "end" as const } : {}),
		...(field.sortable ? { sort: field.name } : {}),
		cell: (get) => draw(get(field.name)),
		term: (get) =>
			field.filterable && get(field.name) != null
				? filter.term(field.name, text(get(field.name)))
				: null,
		copy: (get) => text(get(field.name)),
	};
}

/** All columns that can be chosen: ours, then what else the server knows. */
export function columnsOf(fields: Field[]): FlowColumn[] {
	const covered = new Set(COLUMNS.flatMap((c) => c.fields));
	const known = new Set(fields.map((f) => f.name));
	const usable = (c: FlowColumn) =>
		c.shown || !fields.length || c.fields.every((f) => known.has(f));
	return [...COLUMNS.filter(usable), ...fields.filter((f) => !covered.has(f.name)).map(plain)];
}

/** The fields to ask for, each once. */
export function fieldsOf(columns: FlowColumn[]): string[] {
	const always = [
		"closed",
		"src.ip",
		"src.port",
		"src.host",
		"dst.ip",
		"dst.port",
		"dst.host",
		"proto",
	];
	return [...new Set([...columns.flatMap((c) => c.fields), ...always])];
}
