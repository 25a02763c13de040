// SPDX-License-Identifier: BSD-2-Clause
// Devices: who is in the networks here, each by its MAC, whatever addresses it has.

import type { Device, Devices } from "../../api/types";
import * as fmt from "../../core/format";
import { href, param, setParams } from "../../core/route";
import { units } from "../../core/settings";
import { safe } from "../../core/text";
import { deviceName } from "../../data/devicenames";
import { usePolled } from "../../data/polled";
import { ActButton } from "../../ui/actmenu";
import { type DataColumn, DataTable } from "../../ui/datatable";
import { Icon } from "../../ui/icons";
import { Awaited, Notice } from "../../ui/notice";
import { Details, ofDevice } from "./details";
import { Hours } from "./hours";
import { DeviceIcon } from "./icons";
import { vendorOf } from "./vendor";
import { t } from "../../words/t";

const sort = param("sort", "");
const opened = param("open", "");

const isMac = (device: Device) => deviceName(device) === device.mac;

/** Of several, one that people know it by. */
const addressOf = ({ addresses }: Device): string | undefined =>
	(
		addresses.find(({ ip }) => !ip.includes(":")) ??
		addresses.find(({ ip }) => !ip.startsWith("fe80:")) ??
		addresses[0]
	)?.ip;

function Name({ row }: { row: Device }) {
	const open = opened.value === row.mac;
	const vendor = vendorOf(row);
	return (
		<span class="device-name">
			<button
				type="button"
				class="th-button"
				aria-expanded={open}
				title={t("interfaces.detailsOf", { name: safe(deviceName(row)) })}
				onClick={() => setParams({ open: open ? null : row.mac })}
			>
				<Icon name={open ? "down" : "right"} size={12} />
				<DeviceIcon icon={row.icon} />
				<bdi class={isMac(row) ? "mono" : "strong"}>{safe(deviceName(row))}</bdi>
			</button>
			{row.new ? (
				<span class="chip flat new" title={t("devices.newHelp")}>
					{t("devices.new")}
				</span>
			) : null}
			{row.several ? (
				<span class="chip flat" title={t("devices.severalHelp")}>
					{t("devices.several")}
				</span>
			) : null}
			<span class="faint device-vendor">
				<span class="device-addr">{addressOf(row)} </span>
				{vendor ?? (isMac(row) ? "" : row.mac)}
			</span>
		</span>
	);
}

function Address({ row }: { row: Device }) {
	const first = addressOf(row);
	const more = row.addresses.length - 1;
	if (!first) return <>{fmt.NONE}</>;
	return (
		<span title={row.addresses.map(({ ip }) => ip).join("\n")}>
			<a class="mono" href={href(`/hosts/${first}`)}>
				{first}
			</a>
			{more ? <span class="faint"> +{more}</span> : null}
		</span>
	);
}

const bytes = (n: number) => (
	<span title={t("word.nBytes", { n })}>{fmt.bytes(n, units.value)}</span>
);
const rate = (n: number) => (
	<span title={t("word.nBitS", { n })}>{n ? fmt.rate(n, units.value) : fmt.NONE}</span>
);

const columns: DataColumn<Device>[] = [
	{
		key: "name",
		title: t("devices.device"),
		sort: true,
		wide: true,
		cell: (row) => <Name row={row} />,
	},
	{
		key: "address",
		title: t("interfaces.addresses"),
		roomy: "more",
		cell: (row) => <Address row={row} />,
	},
	{
		key: "up",
		title: t("devices.nowUp"),
		help: t("devices.nowUpHelp"),
		end: true,
		roomy: true,
		sort: true,
		cell: (row) => rate(row.rate_bps.up),
	},
	{
		key: "down",
		title: t("devices.nowDown"),
		help: t("devices.nowDownHelp"),
		end: true,
		sort: true,
		cell: (row) => rate(row.rate_bps.down),
	},
	{
		key: "sent",
		title: t("devices.todayUp"),
		help: t("devices.todayUpHelp"),
		end: true,
		roomy: true,
		sort: true,
		cell: (row) => bytes(row.bytes_today.up),
	},
	{
		key: "got",
		title: t("devices.todayDown"),
		help: t("devices.todayDownHelp"),
		end: true,
		sort: true,
		cell: (row) => bytes(row.bytes_today.down),
	},
	{
		key: "hours",
		title: t("devices.hours"),
		help: t("devices.hoursHelp"),
		roomy: "more",
		cell: (row) => <Hours hours={row.hours} />,
	},
	{
		key: "last",
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
		cell: (row) => <ActButton targets={ofDevice(row)} />,
	},
];

const SORTS: Record<string, (row: Device) => number | string> = {
	name: (row) => deviceName(row).toLowerCase(),
	up: (row) => row.rate_bps.up,
	down: (row) => row.rate_bps.down,
	sent: (row) => row.bytes_today.up,
	got: (row) => row.bytes_today.down,
	last: (row) => row.last_seen,
};

/** Who did most today first, until somebody sorts. */
function sorted(rows: Device[], by: string): Device[] {
	const today = (row: Device) => -(row.bytes_today.up + row.bytes_today.down);
	const value = SORTS[by.replace(/^-/, "")] ?? today;
	const sign = by.startsWith("-") ? -1 : 1;
	return [...rows].sort((a, b) => {
		const [x, y] = [value(a), value(b)];
		return x < y ? -sign : x > y ? sign : a.mac < b.mac ? -1 : 1;
	});
}

function Head({ answer }: { answer: Devices }) {
	const fresh = answer.items.filter((row) => row.new).length;
	return (
		<div class="toolbar-row listing-head">
			<h1>
				{t("devices.title")} <span class="badge">{fmt.count(answer.total)}</span>
			</h1>
			{fresh ? <span class="faint">{t("devices.nNew", { n: fresh })}</span> : null}
			<span class="spring" />
			{answer.vendors ? null : (
				<span class="faint">{t("devices.noVendors", { command: "flowbpf doctor" })}</span>
			)}
			<a href={href("/hosts")}>{t("devices.allHosts")}</a>
		</div>
	);
}

export function DevicesPage() {
	const polled = usePolled<Devices>("devices", {}, 1);
	const answer = polled.data.value;
	/* what the head says would move what stands below it */
	if (!answer) return <Awaited failed={polled.failed.value} title={t("devices.cannotShow")} />;
	return (
		<div class="listing">
			<Head answer={answer} />
			{!answer.total ? (
				<Notice icon="devices" title={t("devices.none")}>
					<p>{t("devices.noneHelp")}</p>
				</Notice>
			) : (
				<DataTable
					label={t("devices.title")}
					columns={columns}
					rows={sorted(answer.items, sort.value)}
					id={(row) => row.mac}
					sort={sort.value}
					onSort={(next) => setParams({ sort: next })}
					detail={(row) => (row.mac === opened.value ? <Details device={row} /> : null)}
				/>
			)}
		</div>
	);
}
