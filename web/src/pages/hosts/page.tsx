// SPDX-License-Identifier: BSD-2-Clause
// Hosts: everyone who was seen, inside or outside, with totals; and the page of one.

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { summary } from "../../api/state";
import type { HostTotals, List } from "../../api/types";
import * as fmt from "../../core/format";
import { globalFilter } from "../../core/pagefilter";
import { usePolled } from "../../data/polled";
import { decoded, href, param, path, setParams } from "../../core/route";
import { units } from "../../core/settings";
import { safe } from "../../core/text";
import { ActButton } from "../../ui/actmenu";
import { type DataColumn, DataTable } from "../../ui/datatable";
import { Notice } from "../../ui/notice";
import { Segment } from "../../ui/segment";
import { HostPage, ofHost } from "./host";
import { scopeName } from "../../ui/cells";
import { t } from "../../words/t";

const LIMIT = 500;
const sort = param("sort", "-bytes");
const side = param("side", "all");

function Name({ row }: { row: HostTotals }) {
	const name = row.host;
	return (
		<a class="host-link" href={href(`/hosts/${row.ip}`)}>
			{name ? <bdi class="strong">{safe(name)}</bdi> : null}
			<span class={name ? "mono faint" : "mono"}>{safe(row.ip)}</span>
		</a>
	);
}

const columns: DataColumn<HostTotals>[] = [
	{ key: "ip", title: t("word.host"), sort: true, wide: true, cell: (row) => <Name row={row} /> },
	{
		key: "scope",
		title: t("hosts.where"),
		roomy: "more",
		cell: (row) => <span class="chip flat">{scopeName(row.scope)}</span>,
	},
	{
		key: "flows",
		title: t("word.flows"),
		end: true,
		sort: true,
		cell: (row) => fmt.count(row.flows),
	},
	{
		key: "peers",
		title: t("hosts.peers"),
		end: true,
		roomy: "more",
		sort: true,
		cell: (row) => fmt.count(row.peers),
	},
	{
		key: "bytes.up",
		title: t("hosts.sent"),
		help: t("hosts.sentHelp"),
		end: true,
		sort: true,
		cell: (row) => (
			<span title={t("word.nBytes", { n: row.bytes.up })}>
				{fmt.bytes(row.bytes.up, units.value)}
			</span>
		),
	},
	{
		key: "bytes.down",
		title: t("hosts.received"),
		end: true,
		sort: true,
		cell: (row) => (
			<span title={t("word.nBytes", { n: row.bytes.down })}>
				{fmt.bytes(row.bytes.down, units.value)}
			</span>
		),
	},
	{
		key: "rate_bps",
		title: t("word.rate"),
		end: true,
		sort: true,
		roomy: true,
		cell: (row) => {
			const all = row.rate_bps.up + row.rate_bps.down;
			return <span title={t("word.nBitS", { n: all })}>{fmt.rate(all, units.value)}</span>;
		},
	},
	{
		key: "first_seen",
		title: t("hosts.firstSeen"),
		end: true,
		roomy: "more",
		sort: true,
		cell: (row) => (
			<span title={fmt.fullTime(row.first_seen)}>{fmt.clock(row.first_seen)}</span>
		),
	},
	{
		key: "last_seen",
		title: t("hosts.lastSeen"),
		end: true,
		roomy: true,
		sort: true,
		cell: (row) => <span title={fmt.fullTime(row.last_seen)}>{fmt.clock(row.last_seen)}</span>,
	},
	{
		key: "acts",
		title: t("flows.action"),
		untitled: true,
		end: true,
		roomy: true,
		cell: (row) => <ActButton targets={ofHost(row.ip)} />,
	},
];

const SORTS: Record<string, (row: HostTotals) => number | string> = {
	ip: (row) => row.ip,
	flows: (row) => row.flows,
	peers: (row) => row.peers,
	bytes: (row) => row.bytes.up + row.bytes.down,
	"bytes.up": (row) => row.bytes.up,
	"bytes.down": (row) => row.bytes.down,
	rate_bps: (row) => row.rate_bps.up + row.rate_bps.down,
	first_seen: (row) => row.first_seen,
	last_seen: (row) => row.last_seen,
};

function sorted(rows: HostTotals[], by: string): HostTotals[] {
	const value = SORTS[by.replace(/^-/, "")] ?? SORTS.bytes!;
	const sign = by.startsWith("-") ? -1 : 1;
	return [...rows].sort((a, b) => {
		const [x, y] = [value(a), value(b)];
		return x < y ? -sign : x > y ? sign : a.ip < b.ip ? -1 : 1;
	});
}

/** While somebody reads, known rows keep their places and new ones wait at the end. */
function useHeld(rows: HostTotals[], reading: boolean): HostTotals[] {
	const places = useRef(new Map<string, number>());
	const place = (row: HostTotals) => places.current.get(row.ip) ?? Number.MAX_SAFE_INTEGER;
	const shown = reading ? [...rows].sort((a, b) => place(a) - place(b)) : rows;
	places.current = new Map(shown.map((row, i) => [row.ip, i]));
	return shown;
}

const SIDES: [string, string][] = [
	["all", t("word.all")],
	["internal", t("word.internal")],
	["external", t("word.external")],
];

function HostList() {
	const filter = globalFilter.value;
	const polled = usePolled<List<HostTotals>>("hosts", { limit: LIMIT, filter: filter || null });
	const all = polled.data.value?.items;
	const reading = useSignal(false);
	const rows = useHeld(
		sorted(
			(all ?? []).filter((row) => side.value === "all" || row.scope === side.value),
			sort.value,
		),
		reading.value,
	);
	if (!all && polled.failed.value)
		return (
			<Notice icon="warn" title={t("hosts.cannotShow")}>
				<p>{polled.failed.value}</p>
			</Notice>
		);
	const matched = polled.data.value?.page.matched;
	return (
		<div class="listing">
			<div class="toolbar-row listing-head">
				<h1>
					{t("word.hosts")}{" "}
					<span class="badge">{all ? fmt.count(rows.length) : "…"}</span>
				</h1>
				<Segment
					label={t("hosts.whichHosts")}
					value={side.value}
					options={SIDES}
					onPick={(key) => setParams({ side: key === "all" ? null : key })}
				/>
				{matched && matched > LIMIT ? (
					<span class="faint">{t("hosts.firstOf", { n: LIMIT, all: matched })}</span>
				) : null}
			</div>
			{all && !rows.length ? (
				<Notice
					icon="hosts"
					title={all.length || filter ? t("hosts.noHostsMatch") : t("hosts.noHostsYet")}
				>
					<p>
						{all.length || filter
							? t("hosts.changeFilter")
							: summary.value?.interfaces.length
								? t("hosts.showUp")
								: t("hosts.noInterface")}
					</p>
				</Notice>
			) : (
				<DataTable
					label={t("word.hosts")}
					columns={columns}
					rows={rows}
					id={(row) => row.ip}
					sort={sort.value}
					onSort={(next) => {
						reading.value = false;
						setParams({ sort: next });
					}}
					reading={reading}
				/>
			)}
		</div>
	);
}

export function HostsPage() {
	const ip = path.value.startsWith("/hosts/") ? decoded(path.value.slice(7)) : null;
	return ip ? <HostPage key={ip} ip={ip} /> : <HostList />;
}
