// SPDX-License-Identifier: BSD-2-Clause
// Sockets that wait for others: whose, how full, who can come, and who did.

import type { ComponentChildren } from "preact";
import type { Listener } from "../../api/types";
import * as filter from "../../core/filter";
import * as fmt from "../../core/format";
import { href, param, setParams } from "../../core/route";
import { safe } from "../../core/text";
import { usePolled } from "../../data/polled";
import { type DataColumn, DataTable } from "../../ui/datatable";
import { Notice } from "../../ui/notice";
import { Name, sorted, userAndPlace, userAndPlaceOf } from "./owner";
import { labelOf, listed, t } from "../../words/t";

const sort = param("sort", "port");

const BOUND: Record<Listener["bound"], string> = {
	any: t("processes.boundAny"),
	loopback: t("processes.here"),
	private: t("processes.boundPrivate"),
	public: t("processes.boundPublic"),
};
const REACHED = {
	here: t("processes.here"),
	inside: t("word.internal"),
	outside: t("word.external"),
};

const id = (row: Listener) => `${row.proto} ${row.address} ${row.port}`;
const address = (row: Listener) =>
	row.address.includes(":") ? `[${row.address}]:${row.port}` : `${row.address}:${row.port}`;

/** By port, and by address where it has one: what came to any address has each of them. */
function flowsTo(row: Listener): string {
	const own = filter.all(
		filter.term("proto", row.proto),
		filter.term("dst.port", row.port),
		row.bound === "any" ? null : filter.term("dst.ip", row.address),
		filter.term("direction", "forward", "!="),
	);
	return href("/flows", { q: own, live: "both" });
}

function Clients({ row }: { row: Listener }) {
	const names = row.clients.map((one) => safe(one.host ?? one.ip));
	return <bdi title={names.join("\n")}>{listed(...names)}</bdi>;
}

function Reached({ row }: { row: Listener }) {
	if (!row.reached) return <span class="faint">{t("processes.nobody")}</span>;
	return (
		<span
			class={row.reached === "outside" ? "chip flat bad-text" : "chip flat"}
			title={row.last_seen ? fmt.fullTime(row.last_seen) : undefined}
		>
			{REACHED[row.reached]}
		</span>
	);
}

const columns: DataColumn<Listener>[] = [
	{
		key: "port",
		title: t("processes.address"),
		sort: true,
		wide: true,
		cell: (row) => (
			<span class="mono" title={safe(address(row))}>
				<span class="faint">{row.proto}</span> {safe(address(row))}
			</span>
		),
	},
	{
		key: "name",
		title: t("processes.program"),
		sort: true,
		wide: true,
		cell: (row) => (
			<Name
				row={row}
				to={flowsTo(row)}
				title={t("processes.flowsOf", { name: safe(address(row)) })}
			/>
		),
	},
	{
		key: "pid",
		title: labelOf("owner.pid", "PID"),
		end: true,
		roomy: "more",
		cell: (row) => <span class="mono">{row.pid ?? fmt.NONE}</span>,
	},
	...userAndPlace<Listener>(),
	{
		key: "backlog",
		title: t("processes.backlog"),
		help: t("processes.backlogHelp"),
		end: true,
		roomy: true,
		sort: true,
		cell: ({ backlog }) =>
			backlog.limit === null
				? fmt.NONE
				: `${fmt.count(backlog.waiting)} / ${fmt.count(backlog.limit)}`,
	},
	{
		key: "bound",
		title: t("processes.bound"),
		help: t("processes.boundHelp"),
		roomy: true,
		sort: true,
		cell: (row) => BOUND[row.bound],
	},
	{
		key: "reached",
		title: t("processes.reached"),
		help: t("processes.reachedHelp"),
		roomy: true,
		sort: true,
		cell: (row) => <Reached row={row} />,
	},
	{
		key: "clients",
		title: t("processes.clients"),
		wide: true,
		roomy: "more",
		cell: (row) => <Clients row={row} />,
	},
];

const FAR = ["here", "inside", "outside"];

const SORTS: Record<string, (row: Listener) => number | string> = {
	port: (row) => row.port,
	name: (row) => row.process ?? "",
	...userAndPlaceOf,
	backlog: (row) => row.backlog.waiting,
	bound: (row) => row.bound,
	reached: (row) => FAR.indexOf(row.reached ?? ""),
};

export function Listening({ head }: { head: ComponentChildren }) {
	const polled = usePolled<{ items: Listener[] }>("listeners", {});
	const rows = polled.data.value?.items;
	return (
		<>
			<div class="toolbar-row listing-head">{head}</div>
			{!rows && polled.failed.value ? (
				<Notice icon="warn" title={t("processes.cannotShow")}>
					<p>{polled.failed.value}</p>
				</Notice>
			) : rows && !rows.length ? (
				<Notice icon="processes" title={t("processes.noneListens")}>
					<p>{t("processes.listeningHelp")}</p>
				</Notice>
			) : (
				<DataTable
					label={t("processes.listening")}
					columns={columns}
					rows={sorted(rows ?? [], sort.value, SORTS, id)}
					id={id}
					sort={sort.value}
					onSort={(next) => setParams({ sort: next })}
				/>
			)}
		</>
	);
}
