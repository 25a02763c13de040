// SPDX-License-Identifier: BSD-2-Clause
// Programs with what they send and get, and whom they talk to.

import type { ComponentChildren } from "preact";
import type { List, ProcessTotals } from "../../api/types";
import * as filter from "../../core/filter";
import * as fmt from "../../core/format";
import { globalFilter } from "../../core/pagefilter";
import { href, param, setParams } from "../../core/route";
import { units } from "../../core/settings";
import { safe } from "../../core/text";
import { usePolled } from "../../data/polled";
import { type DataColumn, DataTable } from "../../ui/datatable";
import { Notice } from "../../ui/notice";
import { Name, sorted, userAndPlace, userAndPlaceOf } from "./owner";
import { labelOf, listed, t } from "../../words/t";

const LIMIT = 500;
const sort = param("sort", "-rate");

type Answer = List<ProcessTotals> & { unowned: number; left_out: number };

const id = (row: ProcessTotals) =>
	JSON.stringify([row.process, row.exe, row.user, row.unit, row.container]);

const term = (field: string, value: string | null) =>
	value === null ? null : filter.term(field, value);

function flowsOf(row: ProcessTotals): string {
	const own = filter.all(
		globalFilter.value,
		term("owner.process", row.process),
		term("owner.exe", row.exe),
		term("owner.user", row.user),
		term("owner.container", row.container),
	);
	return href("/flows", { q: own, live: "both" });
}

const bytes = (n: number) => (
	<span title={t("word.nBytes", { n })}>{fmt.bytes(n, units.value)}</span>
);
const rate = (n: number) => <span title={t("word.nBitS", { n })}>{fmt.rate(n, units.value)}</span>;

function Pids({ row }: { row: ProcessTotals }) {
	const more = row.processes - 1;
	return (
		<span class="mono" title={row.pids.join(" ")}>
			{row.pids[0] ?? fmt.NONE}
			{more > 0 ? <span class="faint"> +{fmt.count(more)}</span> : null}
		</span>
	);
}

const columns: DataColumn<ProcessTotals>[] = [
	{
		key: "name",
		title: t("processes.program"),
		sort: true,
		wide: true,
		cell: (row) => (
			<Name
				row={row}
				to={flowsOf(row)}
				title={t("processes.flowsOf", { name: safe(row.process ?? "?") })}
			/>
		),
	},
	{
		key: "pid",
		title: labelOf("owner.pid", "PID"),
		end: true,
		roomy: "more",
		cell: (row) => <Pids row={row} />,
	},
	...userAndPlace<ProcessTotals>(),
	{
		key: "flows",
		title: t("word.flows"),
		end: true,
		roomy: true,
		sort: true,
		cell: (row) => fmt.count(row.flows),
	},
	{
		key: "rate_up",
		title: t("word.upload"),
		end: true,
		sort: true,
		cell: (row) => rate(row.rate_bps.up),
	},
	{
		key: "rate_down",
		title: t("word.download"),
		end: true,
		sort: true,
		cell: (row) => rate(row.rate_bps.down),
	},
	{
		key: "bytes_up",
		title: t("hosts.sent"),
		end: true,
		roomy: true,
		sort: true,
		cell: (row) => bytes(row.bytes.up),
	},
	{
		key: "bytes_down",
		title: t("hosts.received"),
		end: true,
		roomy: true,
		sort: true,
		cell: (row) => bytes(row.bytes.down),
	},
	{
		key: "peers",
		title: t("processes.peers"),
		wide: true,
		roomy: "more",
		cell: (row) => (
			<bdi title={row.peers.map(safe).join("\n")}>{listed(...row.peers.map(safe))}</bdi>
		),
	},
];

const SORTS: Record<string, (row: ProcessTotals) => number | string> = {
	name: (row) => row.process ?? "",
	...userAndPlaceOf,
	flows: (row) => row.flows,
	rate: (row) => row.rate_bps.up + row.rate_bps.down,
	rate_up: (row) => row.rate_bps.up,
	rate_down: (row) => row.rate_bps.down,
	bytes_up: (row) => row.bytes.up,
	bytes_down: (row) => row.bytes.down,
};

export function Talking({ head }: { head: ComponentChildren }) {
	const polled = usePolled<Answer>("processes", {
		limit: LIMIT,
		live: "both",
		filter: globalFilter.value || null,
	});
	const answer = polled.data.value;
	const rows = sorted(answer?.items ?? [], sort.value, SORTS, id);
	if (!answer && polled.failed.value)
		return (
			<Notice icon="warn" title={t("processes.cannotShow")}>
				<p>{polled.failed.value}</p>
			</Notice>
		);
	return (
		<>
			<div class="toolbar-row listing-head">
				{head}
				{answer?.unowned ? (
					<span class="faint" title={t("processes.unownedHelp")}>
						{t("processes.unowned", {
							n: answer.unowned,
							count: fmt.count(answer.unowned),
						})}
					</span>
				) : null}
			</div>
			{answer && !rows.length ? (
				<Notice icon="processes" title={t("processes.none")}>
					<p>{t("processes.unownedHelp")}</p>
				</Notice>
			) : (
				<DataTable
					label={t("processes.title")}
					columns={columns}
					rows={rows}
					id={id}
					sort={sort.value}
					onSort={(next) => setParams({ sort: next })}
				/>
			)}
		</>
	);
}
