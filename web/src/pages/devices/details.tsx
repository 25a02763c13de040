// SPDX-License-Identifier: BSD-2-Clause
// A device: what is known of it, and whom it talks to.

import type { Device, DeviceDetail } from "../../api/types";
import * as filter from "../../core/filter";
import * as fmt from "../../core/format";
import { href } from "../../core/route";
import { units } from "../../core/settings";
import { safe } from "../../core/text";
import { whyNot } from "../../data/access";
import { deviceName } from "../../data/devicenames";
import { usePolled } from "../../data/polled";
import { ActButton, type Target } from "../../ui/actmenu";
import { openDialog } from "../../ui/dialog";
import { type Fact, Facts } from "../flows/facts";
import { LabelDialog } from "./labeldialog";
import { vendorOf } from "./vendor";
import { t } from "../../words/t";

function facts(device: Device): Fact[] {
	const { bytes } = device;
	return [
		[t("interfaces.mac"), device.mac],
		[t("devices.vendor"), vendorOf(device) ?? fmt.NONE],
		[t("word.name"), device.host ? safe(device.host) : fmt.NONE],
		[t("hosts.firstSeen"), fmt.fullTime(device.first_seen)],
		[t("hosts.lastSeen"), fmt.fullTime(device.last_seen)],
		[t("hosts.sent"), fmt.bytes(bytes.up, units.value), fmt.count(bytes.up)],
		[t("hosts.received"), fmt.bytes(bytes.down, units.value), fmt.count(bytes.down)],
	];
}

/** All of it, or one of its addresses. */
export function ofDevice(row: Device): Target[] {
	return [
		{
			label: t("acts.ofDevice", { name: safe(deviceName(row)) }),
			what: filter.term("mac", row.mac),
		},
		...row.addresses.map(({ ip }) => ({ label: t("acts.ofHost", { host: ip }), what: ip })),
	];
}

type Top = DeviceDetail["names"];

function TopList({
	title,
	items,
	field,
	end,
}: {
	title: string;
	items?: Top;
	field: string;
	end: string;
}) {
	return (
		<section>
			<h2>{title}</h2>
			{items?.length ? (
				<ul class="names">
					{items.map((item) => (
						<li key={item.key}>
							<a
								href={href("/flows", {
									q: filter.all(end, filter.term(field, item.key)),
									live: "both",
								})}
							>
								<bdi>{safe(item.key)}</bdi>
							</a>
							<span class="faint">
								{fmt.bytes(item.bytes, units.value)} ·{" "}
								{t("word.nFlows", {
									n: item.count,
									count: fmt.countShort(item.count),
								})}
							</span>
						</li>
					))}
				</ul>
			) : (
				<p class="faint">{items ? t("hosts.nothingKnown") : t("word.loading")}</p>
			)}
		</section>
	);
}

function Addresses({ device }: { device: Device }) {
	return (
		<section>
			<h2>{t("interfaces.addresses")}</h2>
			<ul class="names">
				{device.addresses.map(({ ip, last_seen }) => (
					<li key={ip}>
						<a class="mono" href={href(`/hosts/${ip}`)}>
							{ip}
						</a>
						<span class="faint" title={fmt.fullTime(last_seen)}>
							{t("hosts.lastSeen")} {fmt.clock(last_seen)}
						</span>
					</li>
				))}
			</ul>
		</section>
	);
}

export function Details({ device }: { device: Device }) {
	const detail = usePolled<DeviceDetail>(`devices/${device.mac}`, {}, 3).data.value;
	const sent = filter.term("src.mac", device.mac);
	const got = filter.term("dst.mac", device.mac);
	return (
		<div class="device-parts">
			<section>
				<h2>{t("devices.device")}</h2>
				<Facts facts={facts(device)} />
				<p class="device-acts">
					<button
						type="button"
						disabled={whyNot() !== null}
						title={whyNot() ?? t("devices.labelHelp")}
						onClick={() => {
							openDialog.value = () => <LabelDialog device={device} />;
						}}
					>
						{device.label || device.icon ? t("devices.relabel") : t("devices.labelIt")}
					</button>
					<ActButton targets={ofDevice(device)} word />
					<a
						class="button"
						href={href("/flows", { q: filter.term("mac", device.mac), live: "both" })}
					>
						{t("hosts.itsFlows")}
					</a>
				</p>
			</section>
			<Addresses device={device} />
			<TopList title={t("devices.names")} items={detail?.names} field="dst.host" end={sent} />
			<TopList
				title={t("devices.servers")}
				items={detail?.servers}
				field="dst.ip"
				end={sent}
			/>
			<TopList
				title={t("devices.clients")}
				items={detail?.clients}
				field="src.ip"
				end={got}
			/>
		</div>
	);
}
