// SPDX-License-Identifier: BSD-2-Clause
// Who moved most in the period, or changed most against the one before: a table, each row a link to
// its flows.

import type { HistoryItem, HistoryTop } from "../../api/types";
import { countryName } from "../../core/country";
import * as filter from "../../core/filter";
import * as fmt from "../../core/format";
import { flowsWith } from "../../core/pagefilter";
import { param, setParams } from "../../core/route";
import { units } from "../../core/settings";
import { safe } from "../../core/text";
import { useDeviceNames } from "../../data/devicenames";
import { useHostNames } from "../../data/hostnames";
import { period } from "../../data/period";
import { usePolled } from "../../data/polled";
import { written } from "../../ui/cells";
import { type DataColumn, DataTable } from "../../ui/datatable";
import { Awaited } from "../../ui/notice";
import { Options } from "../../ui/options";
import { Panel, type Table } from "../../ui/panel";
import { Segment } from "../../ui/segment";
import { labelOf, t } from "../../words/t";

const LISTED = 15;

export const BY: [string, string][] = [
	["host", t("word.host")],
	["device", t("devices.device")],
	["name", t("word.name")],
	["service", t("history.service")],
	["network", labelOf("dst.org", "Network")],
	["country", labelOf("dst.country", "Country")],
	["process", labelOf("owner.process", "Process")],
	["verdict", labelOf("verdict", "Verdict")],
	["protocol", t("word.protocol")],
	["interface", t("word.interface")],
];
const COMPARE: [string, string][] = [
	["previous", t("history.timeBefore")],
	["day", t("history.dayBefore")],
	["week", t("history.weekBefore")],
];
const SORTS: ["bytes" | "change", string][] = [
	["bytes", t("history.most")],
	["change", t("history.changed")],
];

const by = param("by", "host");
const compare = param("compare", "previous");
const sort = param("most", "bytes");

export const bytesOf = (sums: { bytes: { up: number; down: number } } | null): number | null =>
	sums && sums.bytes.up + sums.bytes.down;

/** Against what it was: new, gone, times as much, or percent. */
export function changeOf(now: number, before: number | null): string {
	if (before === null) return now ? t("history.isNew") : fmt.NONE;
	if (!before) return now ? t("history.isNew") : fmt.NONE;
	if (!now) return t("history.isGone");
	const times = now / before;
	if (times >= 2) return `▲ ${fmt.digits3(times)} ×`;
	const percent = Math.round((times - 1) * 100);
	if (!percent) return "≈";
	return percent > 0 ? `▲ ${percent} %` : `▼ ${-percent} %`;
}

export function nameOf(
	kind: string,
	key: string | null,
	names?: Map<string, string> | null,
): string {
	if (key === null) return t("history.unknown");
	if (kind === "country") return countryName(key);
	if (kind === "host" || kind === "device") return names?.get(key) ?? key;
	if (kind === "protocol") return written("proto", key);
	return key;
}

interface Row extends HistoryItem {
	name: string;
}

function Who({ row, field }: { row: Row; field: string | null }) {
	const name = <bdi class={row.key === null ? "faint" : "strong"}>{safe(row.name)}</bdi>;
	const more = row.key !== null && row.name !== row.key && (
		<span class="mono faint"> {safe(row.key)}</span>
	);
	return field ? (
		<a href={flowsWith(filter.term(field, row.key ?? ""), { live: "both" })}>
			{name}
			{more}
		</a>
	) : (
		<>
			{name}
			{more}
		</>
	);
}

function columnsOf({ total, field, compared_with }: HistoryTop, title: string): DataColumn<Row>[] {
	const all = bytesOf(total) ?? 0;
	const size = (n: number | null) => fmt.bytes(n, units.value);
	const columns: DataColumn<Row>[] = [
		{ key: "key", title, wide: true, cell: (row) => <Who row={row} field={field} /> },
		{
			key: "up",
			title: t("word.up"),
			end: true,
			roomy: true,
			cell: (row) => size(row.bytes.up),
		},
		{
			key: "down",
			title: t("word.down"),
			end: true,
			roomy: true,
			cell: (row) => size(row.bytes.down),
		},
		{ key: "bytes", title: t("word.bytes"), end: true, cell: (row) => size(bytesOf(row)) },
		{
			key: "part",
			title: t("history.share"),
			end: true,
			roomy: true,
			cell: (row) => fmt.percent(bytesOf(row) ?? 0, all),
		},
	];
	if (compared_with)
		columns.push(
			{
				key: "before",
				title: t("history.before"),
				end: true,
				roomy: true,
				cell: (row) => size(bytesOf(row.before)),
			},
			{
				key: "change",
				title: t("history.change"),
				help: t("history.changeHelp"),
				end: true,
				cell: (row) => changeOf(bytesOf(row) ?? 0, bytesOf(row.before)),
			},
		);
	return columns;
}

function tableOf(rows: Row[], title: string): Table {
	return {
		head: [title, t("word.up"), t("word.down"), t("word.flows"), t("history.before")],
		rows: rows.map((row) => ({
			key: row.key ?? "",
			name: row.name,
			label: safe(row.name),
			cells: [
				fmt.bytes(row.bytes.up, units.value),
				fmt.bytes(row.bytes.down, units.value),
				fmt.count(row.flows),
				fmt.bytes(bytesOf(row.before), units.value),
			],
			exact: [row.bytes.up, row.bytes.down, row.flows, bytesOf(row.before)],
		})),
	};
}

const keep = (name: string, usual: string) => (value: string) =>
	setParams({ [name]: value === usual ? null : value });

function Picker({
	label,
	signal,
	name,
	options,
}: {
	label: string;
	signal: { value: string };
	name: string;
	options: [string, string][];
}) {
	return (
		<label class="picker">
			<span class="visually-hidden">{label}</span>
			<select
				aria-label={label}
				value={signal.value}
				onChange={(event) => keep(name, options[0]![0])(event.currentTarget.value)}
			>
				<Options list={options} />
			</select>
		</label>
	);
}

const Controls = () => (
	<>
		<Picker label={t("history.by")} signal={by} name="by" options={BY} />
		<Picker
			label={t("history.comparedWith")}
			signal={compare}
			name="compare"
			options={COMPARE}
		/>
		<Segment
			kind="tiny"
			label={t("history.order")}
			value={sort.value === "change" ? "change" : "bytes"}
			options={SORTS}
			onPick={keep("most", "bytes")}
		/>
	</>
);

export function Most() {
	const title = BY.find(([key]) => key === by.value)?.[1] ?? by.value;
	const polled = usePolled<HistoryTop>(
		"history/top",
		{
			by: by.value,
			compare: compare.value,
			sort: sort.value,
			limit: LISTED,
			...period.value,
		},
		10,
	);
	const data = polled.data.value;
	const items = data?.items ?? [];
	const hosts = useHostNames(data?.by === "host" ? items.flatMap(({ key }) => key ?? []) : []);
	const devices = useDeviceNames(data?.by === "device");
	const names = data?.by === "device" ? devices : hosts;
	const rows = items.map((item) => ({ ...item, name: nameOf(data!.by, item.key, names) }));
	return (
		<Panel
			title={t("history.mostTraffic")}
			help={t("history.mostHelp")}
			area="a-most"
			controls={<Controls />}
			table={() => tableOf(rows, title)}
		>
			{data && rows.length ? (
				<DataTable
					label={t("history.mostTraffic")}
					columns={columnsOf(data, title)}
					rows={rows}
					id={(row) => row.key ?? ""}
				/>
			) : (
				<Awaited failed={polled.failed.value} title={t("history.cannotAsk")}>
					<p class="faint panel-empty chart-empty">
						{data ? t("history.nothingMoved") : t("word.loading")}
					</p>
				</Awaited>
			)}
		</Panel>
	);
}
