// SPDX-License-Identifier: BSD-2-Clause
// The sensors of a fleet: those that are not well first, and why.

import type { FleetDoor, FleetLive, FleetSensor, FleetSensors } from "../../api/types";
import * as filter from "../../core/filter";
import * as fmt from "../../core/format";
import { flowsWith } from "../../core/pagefilter";
import { param, setParams } from "../../core/route";
import { units } from "../../core/settings";
import { safe } from "../../core/text";
import { Shape } from "../../ui/cells";
import { usePolled } from "../../data/polled";
import { type DataColumn, DataTable } from "../../ui/datatable";
import { Panel, type Table } from "../../ui/panel";
import { t } from "../../words/t";

const sort = param("sort", "");

const STATES = {
	silent: { word: t("fleet.silent"), kind: "bad" },
	losing: { word: t("fleet.losing"), kind: "bad" },
	late: { word: t("fleet.late"), kind: "wait" },
	ok: { word: t("fleet.ok"), kind: "ok" },
} as const;
const ORDER = Object.keys(STATES);

const missing = ({ books: { told, arrived } }: FleetSensor) => told.bytes - arrived.bytes;

/** The loss that grew most lately. */
function worst({ losses }: FleetSensor): string {
	const [most] = [...losses].sort((a, b) => b.lately - a.lately);
	return most ? `${most.name} ${fmt.count(most.lately)}` : "";
}

const WHY: Record<NonNullable<FleetSensor["reason"]>, (row: FleetSensor) => string> = {
	silent: (row) => t("fleet.noWord", { time: fmt.duration(row.age_ms) }),
	age: (row) => t("fleet.noWord", { time: fmt.duration(row.age_ms) }),
	clock: (row) => t("fleet.clockAhead", { time: fmt.duration(-row.age_ms) }),
	lag: (row) => t("fleet.rowsWait", { time: fmt.duration(row.lag_ms) }),
	dropped: (row) => t("fleet.nDropped", { n: row.dropped }),
	lost: (row) => t("fleet.lost", { what: worst(row) }),
	books: (row) =>
		t(missing(row) < 0 ? "fleet.booksMore" : "fleet.booksLess", {
			bytes: fmt.bytes(Math.abs(missing(row)), units.value),
		}),
};

function State({ row }: { row: FleetSensor }) {
	const { word, kind } = STATES[row.state];
	return (
		<span class="sensor-state" title={row.why ?? t("fleet.okHelp")}>
			<span class={kind === "ok" ? "" : kind === "bad" ? "bad-text" : "warn-text"}>
				<Shape kind={kind} /> {word}
			</span>
			{row.reason ? <small>{WHY[row.reason](row)}</small> : null}
		</span>
	);
}

function Books({ row }: { row: FleetSensor }) {
	const { balanced, told, arrived, dropped } = row.books;
	const help = t("fleet.booksHelp", {
		told: told.bytes,
		arrived: arrived.bytes,
		dropped: dropped.bytes,
	});
	if (balanced === null)
		return (
			<span class="faint" title={help}>
				{fmt.NONE}
			</span>
		);
	return (
		<span class={balanced ? "" : "bad-text"} title={help}>
			{balanced ? "✓" : "✗"}
			<span class="visually-hidden">{balanced ? t("word.yes") : t("word.no")}</span>
		</span>
	);
}

const size = (bytes: number | null) => (bytes === null ? fmt.NONE : fmt.bytes(bytes, units.value));
const time = (ms: number | null) => (ms === null ? fmt.NONE : fmt.duration(Math.max(0, ms)));

/** Where the live view of each is, by number or name. */
type Doors = Map<string, FleetDoor>;

function doorsOf(live: FleetLive | null, rows: FleetSensor[]): Doors {
	const named = new Map(live?.items.map((door) => [door.name, door]));
	const doors: Doors = new Map();
	for (const row of rows) {
		const alone = rows.filter(({ sensor }) => sensor === row.sensor).length === 1;
		const door = named.get(row.sensor_id) ?? (alone ? named.get(row.sensor) : undefined);
		if (door) doors.set(row.sensor_id, door);
	}
	return doors;
}

function Name({ row, door }: { row: FleetSensor; door: FleetDoor | undefined }) {
	return (
		<span class="sensor-name">
			<a
				class="host-link"
				href={flowsWith(filter.term("sensor.id", row.sensor_id))}
				title={[row.sensor_id, ...row.tags].map(safe).join("\n")}
			>
				<bdi class="strong">{safe(row.sensor)}</bdi>
			</a>
			{door ? (
				<a
					class={`live-link${door.error ? " bad-text" : ""}`}
					href={door.path}
					title={door.error ? safe(door.error) : t("fleet.liveHelp")}
					aria-label={`${t("fleet.liveView")} ${safe(row.sensor)}`}
				>
					{t("word.live")}
				</a>
			) : null}
		</span>
	);
}

const columnsOf = (doors: Doors): DataColumn<FleetSensor>[] => [
	{
		key: "sensor",
		title: t("fleet.sensor"),
		sort: true,
		cell: (row) => <Name row={row} door={doors.get(row.sensor_id)} />,
	},
	...columns,
];

const columns: DataColumn<FleetSensor>[] = [
	{
		key: "state",
		title: t("word.state"),
		sort: true,
		wide: true,
		cell: (row) => <State row={row} />,
	},
	{
		key: "site",
		title: t("fleet.site"),
		sort: true,
		roomy: true,
		cell: (row) =>
			row.site ? <bdi>{safe(row.site)}</bdi> : <span class="faint">{fmt.NONE}</span>,
	},
	{
		key: "heard",
		title: t("fleet.heard"),
		help: t("fleet.heardHelp"),
		end: true,
		sort: true,
		roomy: true,
		cell: (row) => <span title={fmt.fullTime(row.last_heard)}>{time(row.age_ms)}</span>,
	},
	{
		key: "lag",
		title: t("fleet.lag"),
		help: t("fleet.lagHelp"),
		end: true,
		sort: true,
		roomy: "more",
		cell: (row) => time(row.lag_ms),
	},
	{
		key: "spool",
		title: t("fleet.spool"),
		help: t("fleet.spoolHelp"),
		end: true,
		sort: true,
		roomy: "more",
		cell: (row) => size(row.spool_bytes),
	},
	{
		key: "rate",
		title: t("word.rate"),
		end: true,
		sort: true,
		cell: (row) => (
			<span title={t("word.nBitS", { n: row.rate_bps })}>
				{fmt.rate(row.rate_bps, units.value)}
			</span>
		),
	},
	{
		key: "flows",
		title: `${t("word.flows")}/s`,
		end: true,
		sort: true,
		roomy: "more",
		cell: (row) => fmt.digits3(row.flows_per_s),
	},
	{
		key: "bytes",
		title: t("word.bytes"),
		end: true,
		sort: true,
		roomy: true,
		cell: (row) => <span title={t("word.nBytes", { n: row.bytes })}>{size(row.bytes)}</span>,
	},
	{
		key: "dropped",
		title: t("fleet.dropped"),
		end: true,
		sort: true,
		roomy: true,
		cell: (row) => <span class={row.dropped ? "bad-text" : ""}>{fmt.count(row.dropped)}</span>,
	},
	{
		key: "books",
		title: t("fleet.books"),
		help: t("fleet.booksColumnHelp"),
		end: true,
		roomy: true,
		cell: (row) => <Books row={row} />,
	},
	{
		key: "version",
		title: t("fleet.version"),
		sort: true,
		roomy: "more",
		cell: (row) => <span class="mono">{safe(row.version)}</span>,
	},
];

const SORTS: Record<string, (row: FleetSensor) => number | string> = {
	sensor: (row) => row.sensor,
	state: (row) => ORDER.indexOf(row.state),
	site: (row) => row.site,
	heard: (row) => row.age_ms,
	lag: (row) => row.lag_ms ?? -1,
	spool: (row) => row.spool_bytes ?? -1,
	rate: (row) => row.rate_bps,
	flows: (row) => row.flows_per_s,
	bytes: (row) => row.bytes,
	dropped: (row) => row.dropped,
	version: (row) => row.version,
};

/** Who is not well stands first, until somebody sorts. */
function sorted(rows: FleetSensor[], by: string): FleetSensor[] {
	const value = SORTS[by.replace(/^-/, "")] ?? SORTS.state!;
	const sign = by.startsWith("-") ? -1 : 1;
	return [...rows].sort((a, b) => {
		const [x, y] = [value(a), value(b)];
		return x < y ? -sign : x > y ? sign : a.sensor < b.sensor ? -1 : 1;
	});
}

function tableOf(rows: FleetSensor[]): Table {
	return {
		head: [
			t("fleet.sensor"),
			t("fleet.site"),
			t("word.state"),
			t("fleet.heard"),
			t("fleet.lag"),
			t("word.rate"),
			t("word.bytes"),
			t("fleet.dropped"),
			t("fleet.version"),
		],
		rows: rows.map((row) => ({
			key: row.sensor_id,
			name: row.sensor,
			label: safe(row.sensor),
			cells: [
				safe(row.site),
				STATES[row.state].word,
				time(row.age_ms),
				time(row.lag_ms),
				fmt.rate(row.rate_bps, units.value),
				size(row.bytes),
				fmt.count(row.dropped),
				safe(row.version),
			],
			exact: [
				row.site,
				row.state,
				row.age_ms,
				row.lag_ms,
				row.rate_bps,
				row.bytes,
				row.dropped,
				row.version,
			],
		})),
	};
}

export function Sensors({ answer }: { answer: FleetSensors }) {
	const rows = sorted(answer.items, sort.value);
	const live = usePolled<FleetLive>("fleet/live", {}, 10);
	const doors = doorsOf(live.data.value, answer.items);
	return (
		<Panel
			title={t("fleet.sensors")}
			help={t("fleet.tableHelp", {
				late: answer.late_ms / 1000,
				silent: answer.silent_ms / 1000,
			})}
			area="a-sensors"
			controls={
				answer.left_out ? (
					<span class="faint panel-note">{t("word.nMore", { n: answer.left_out })}</span>
				) : null
			}
			table={() => tableOf(rows)}
		>
			<DataTable
				label={t("fleet.sensors")}
				columns={columnsOf(doors)}
				rows={rows}
				id={(row) => row.sensor_id}
				sort={sort.value}
				onSort={(next) => setParams({ sort: next })}
			/>
		</Panel>
	);
}
