// SPDX-License-Identifier: BSD-2-Clause
// Interfaces: all of the machine, attached or not, as the kernel counts them.

import type { NetDevice } from "../../api/types";
import { Spark } from "../../charts/spark";
import * as fmt from "../../core/format";
import { usePolled } from "../../data/polled";
import { param, setParams } from "../../core/route";
import { units } from "../../core/settings";
import { safe } from "../../core/text";
import { type DataColumn, DataTable } from "../../ui/datatable";
import { Icon } from "../../ui/icons";
import { Awaited } from "../../ui/notice";
import { Details } from "./details";
import { t } from "../../words/t";

interface Answer {
	items: NetDevice[];
	left_out: number;
	cost_unknown: string | null;
}

const sort = param("sort", "");
const opened = param("open", "");

const errors = (row: NetDevice) => row.rx.errors + row.tx.errors;
const dropped = (row: NetDevice) => row.rx.dropped + row.tx.dropped + (row.queue_dropped ?? 0);
const used = (row: NetDevice) =>
	row.rx.utilisation === null || row.tx.utilisation === null
		? null
		: Math.max(row.rx.utilisation, row.tx.utilisation);

function State({ row }: { row: NetDevice }) {
	const word = row.carrier
		? t("interfaces.up")
		: row.up
			? t("interfaces.noCarrier")
			: t("interfaces.off");
	return <span class={row.carrier ? "chip flat" : "chip flat faint"}>{word}</span>;
}

function Rate({ row, way }: { row: NetDevice; way: "rx" | "tx" }) {
	const { rate_bps: rate, recent_bps: recent = [] } = row[way];
	return (
		<span class="rate-line">
			<Spark values={recent} tint={way === "rx" ? "down" : "up"} />
			<span title={rate === null ? undefined : t("word.nBitS", { n: rate })}>
				{rate === null ? fmt.NONE : fmt.rate(rate, units.value)}
			</span>
		</span>
	);
}

function Name({ row }: { row: NetDevice }) {
	const open = opened.value === row.name;
	return (
		<button
			type="button"
			class="th-button"
			aria-expanded={open}
			title={t("interfaces.detailsOf", { name: safe(row.name) })}
			onClick={() => setParams({ open: open ? null : row.name })}
		>
			<Icon name={open ? "down" : "right"} size={12} />
			<span class="mono">{safe(row.name)}</span>
		</button>
	);
}

const count = (n: number) => <span class={n ? "bad-text" : ""}>{fmt.count(n)}</span>;

const columns: DataColumn<NetDevice>[] = [
	{ key: "name", title: t("word.name"), sort: true, cell: (row) => <Name row={row} /> },
	{ key: "state", title: t("word.state"), roomy: true, cell: (row) => <State row={row} /> },
	{
		key: "hook",
		title: t("interfaces.hook"),
		roomy: "more",
		cell: (row) => row.hook ?? <span class="faint">{t("interfaces.notCounted")}</span>,
	},
	{
		key: "speed",
		title: t("interfaces.speed"),
		end: true,
		roomy: "more",
		sort: true,
		cell: (row) =>
			row.speed_mbit === null ? fmt.NONE : fmt.rate(row.speed_mbit * 1e6, units.value),
	},
	{
		key: "rx",
		title: t("interfaces.in"),
		end: true,
		sort: true,
		cell: (row) => <Rate row={row} way="rx" />,
	},
	{
		key: "tx",
		title: t("interfaces.out"),
		end: true,
		sort: true,
		cell: (row) => <Rate row={row} way="tx" />,
	},
	{
		key: "used",
		title: t("interfaces.used"),
		help: t("interfaces.usedHelp"),
		end: true,
		roomy: true,
		sort: true,
		cell: (row) => {
			const share = used(row);
			return share === null ? fmt.NONE : fmt.percent(share, 1);
		},
	},
	{
		key: "errors",
		title: t("interfaces.errors"),
		end: true,
		roomy: true,
		sort: true,
		cell: (row) => count(errors(row)),
	},
	{
		key: "dropped",
		title: t("interfaces.dropped"),
		help: t("interfaces.droppedHelp"),
		end: true,
		roomy: true,
		sort: true,
		cell: (row) => count(dropped(row)),
	},
];

const SORTS: Record<string, (row: NetDevice) => number | string> = {
	name: (row) => row.name,
	speed: (row) => row.speed_mbit ?? -1,
	rx: (row) => row.rx.rate_bps ?? -1,
	tx: (row) => row.tx.rate_bps ?? -1,
	used: (row) => used(row) ?? -1,
	errors,
	dropped,
};

/** As the kernel lists them, until somebody sorts. */
function sorted(rows: NetDevice[], by: string): NetDevice[] {
	const value = SORTS[by.replace(/^-/, "")] ?? ((row: NetDevice) => row.ifindex);
	const sign = by.startsWith("-") ? -1 : 1;
	return [...rows].sort((a, b) => {
		const [x, y] = [value(a), value(b)];
		return x < y ? -sign : x > y ? sign : a.ifindex - b.ifindex;
	});
}

/** Whom nothing is translated to. */
const LOCAL = /^(127\.|::1$|fe80:)/;

const heldBy = (rows: NetDevice[]): string[] =>
	rows
		.flatMap((row) => row.addresses.map((one) => one.split("/")[0]!))
		.filter((ip) => !LOCAL.test(ip));

export function InterfacesPage() {
	const polled = usePolled<Answer>("interfaces", { recent: "true" }, 1);
	const answer = polled.data.value;
	/* what the head says would move what stands below it */
	if (!answer) return <Awaited failed={polled.failed.value} title={t("interfaces.cannotShow")} />;
	return (
		<div class="listing">
			<div class="toolbar-row listing-head">
				<h1>
					{t("settings.interfaces")}{" "}
					<span class="badge">{fmt.count(answer.items.length)}</span>
				</h1>
				{answer.left_out ? (
					<span class="faint">{t("interfaces.leftOut", { n: answer.left_out })}</span>
				) : null}
			</div>
			<DataTable
				label={t("settings.interfaces")}
				columns={columns}
				rows={sorted(answer.items, sort.value)}
				id={(row) => String(row.ifindex)}
				sort={sort.value}
				onSort={(next) => setParams({ sort: next })}
				detail={(row) =>
					row.name === opened.value ? (
						<Details
							row={row}
							held={heldBy(answer.items)}
							costUnknown={answer.cost_unknown}
						/>
					) : null
				}
			/>
		</div>
	);
}
