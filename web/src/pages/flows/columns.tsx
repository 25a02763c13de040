// SPDX-License-Identifier: BSD-2-Clause
// The columns of the Flows table. An entry of our own says what a column is called, which fields it
// reads, how it is drawn, what a click filters by and what a copy takes: for what is made of several
// fields, or moves. All else is a plain column by its line in the server's table of fields.

import type { ComponentChildren } from "preact";
import type { Field, Value } from "../../api/types";
import type { RowSignal } from "../../api/view";
import * as filter from "../../core/filter";
import * as fmt from "../../core/format";
import { nameFirst, units } from "../../core/settings";
import { endpoint, safe } from "../../core/text";
import type { GridColumn } from "../../ui/grid";
import { FieldValue, isNumeric, textOf } from "../../ui/fieldvalue";
import { Flash } from "../../ui/flash";
import {
	ClosedWord,
	closedReason,
	NameFrom,
	ProtoBadge,
	StateBadge,
	written,
} from "../../ui/cells";
import { DirectionMarks, NameMarks } from "./marks";
import { labelOf, t } from "../../words/t";

export type Get = (field: string) => Value;

export interface FlowColumn extends GridColumn {
	fields: string[];
	cell: (get: Get, max: number) => ComponentChildren;
	/** the term that "only this" filters by */
	term?: (get: Get) => string | null;
	copy?: (get: Get) => string;
	shown: boolean;
	/** where it stands among those to choose from */
	section?: string;
}

/** What a row of a flow and one of a group have in common. */
export interface RowProps {
	id: string;
	index: number;
	top: number;
	row: RowSignal;
	columns: FlowColumn[];
	names: string[];
	max: number;
	card: boolean;
}

export const text = textOf;
export const num = (value: Value): number | null => (typeof value === "number" ? value : null);

/** Two lines of an end: the name over the address, or the address alone. */
function End({ get, end }: { get: Get; end: "src" | "dst" }) {
	const ip = text(get(`${end}.ip`));
	const address = endpoint(ip, num(get(`${end}.port`)));
	const host = text(get(`${end}.host`));
	const from = end === "dst" ? text(get("dst.host_from")) : "";
	const marks = end === "dst" ? <NameMarks get={get} /> : <DirectionMarks get={get} />;
	if (!host)
		return (
			<span class="end1" title={address}>
				<span class="mono">{address}</span> {marks}
			</span>
		);
	const name = (
		<>
			<NameFrom name={host} from={from} /> {marks}
		</>
	);
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
	drop: 3,
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
					title={value == null ? "" : t("word.nBytes", { n: value })}
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
	const title = `↑ ${fmt.rate(up, units.value)}\n↓ ${fmt.rate(down, units.value)}\n${t("word.nBitS", { n: all })}`;
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

/** A plain column in its place; `key` where it was called otherwise before. */
interface Plain {
	field: string;
	key?: string;
	drop?: number;
	/** more room than others have */
	track?: string;
}

const COLUMNS: (FlowColumn | Plain)[] = [
	endColumn("src", t("word.source"), t("flows.sourceHelp"), "minmax(150px, 1.2fr)", 150),
	endColumn("dst", t("word.destination"), t("flows.destinationHelp"), "minmax(200px, 2fr)", 200),
	{
		key: "proto",
		title: t("word.protocol"),
		drop: 4,
		track: "96px",
		least: 96,
		sort: "proto",
		fields: ["proto", "l7"],
		shown: true,
		cell: (get) => <ProtoBadge proto={text(get("proto"))} l7={text(get("l7"))} />,
		term: (get) => filter.term("proto", text(get("proto"))),
		copy: (get) => text(get("proto")),
	},
	{ field: "service", drop: 5, track: "minmax(110px, 1fr)" },
	{
		key: "state",
		title: t("word.state"),
		drop: 2,
		help: t("flows.stateHelp"),
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
	bytesColumn("bytes.up", "up", t("word.upload"), t("flows.uploadHelp"), true),
	bytesColumn("bytes.down", "down", t("word.download"), t("flows.downloadHelp"), true),
	{
		key: "rate",
		title: t("word.rate"),
		help: t("flows.rateHelp"),
		track: "104px",
		least: 104,
		align: "end",
		sort: "rate_bps",
		fields: ["rate_bps.up", "rate_bps.down", "closed"],
		shown: true,
		cell: (get, max) => <Rate get={get} max={max} />,
		copy: (get) => text((num(get("rate_bps.up")) ?? 0) + (num(get("rate_bps.down")) ?? 0)),
	},
	{ field: "duration_ms", key: "duration", drop: 6 },
	bytesColumn("bytes", "bytes", t("flows.total"), t("flows.totalHelp"), false),
	{ field: "iface" },
	{
		key: "nat",
		title: "NAT",
		help: t("flows.natHelp"),
		track: "minmax(140px, .8fr)",
		least: 140,
		sort: "nat.kind",
		fields: ["nat.kind", "nat.src", "nat.dst"],
		shown: false,
		cell: (get) =>
			get("nat.kind") ? (
				<span class="end2">
					<span class="end-main">{written("nat.kind", text(get("nat.kind")))}</span>
					<span class="end-sub mono">{text(get("nat.src")) || text(get("nat.dst"))}</span>
				</span>
			) : (
				<span class="faint">{fmt.NONE}</span>
			),
		term: (get) => (get("nat.kind") ? filter.term("nat.kind", text(get("nat.kind"))) : null),
		copy: (get) => text(get("nat.src")) || text(get("nat.dst")),
	},
];

function plain(
	field: Field,
	{ key = field.name, drop = 7, track = "minmax(110px, .7fr)" }: Partial<Plain> = {},
): FlowColumn {
	const { name } = field;
	const numeric = isNumeric(field);
	return {
		key,
		title: field.label,
		help: field.help,
		section: labelOf(field.section, field.section),
		fields: [name],
		shown: field.default,
		drop,
		track: numeric ? "96px" : track,
		least: numeric ? 96 : 110,
		...(field.align === "right" ? { align: "end" as const } : {}),
		...(field.sortable ? { sort: name } : {}),
		cell: (get) => <FieldValue field={field} value={get(name)} />,
		term: (get) =>
			field.filterable && get(name) !== null ? filter.term(name, text(get(name))) : null,
		copy: (get) => text(get(name)),
	};
}

const isPlain = (entry: FlowColumn | Plain): entry is Plain => "field" in entry;

/** All columns that can be chosen: ours, then what else the server knows. */
export function columnsOf(fields: Field[]): FlowColumn[] {
	const byName = new Map(fields.map((f) => [f.name, f]));
	const ours = COLUMNS.flatMap((entry): FlowColumn[] => {
		const field = byName.get(isPlain(entry) ? entry.field : entry.fields[0]!);
		if (isPlain(entry)) return field ? [plain(field, entry)] : [];
		if (!field) return entry.shown || !fields.length ? [entry] : [];
		return [{ ...entry, section: labelOf(field.section, field.section) }];
	});
	// what a column sorts by, it shows
	const covered = new Set(ours.flatMap((c) => [...c.fields, c.sort]));
	return [...ours, ...fields.filter((f) => !covered.has(f.name)).map((f) => plain(f))];
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
