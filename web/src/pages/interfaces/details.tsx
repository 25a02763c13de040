// SPDX-License-Identifier: BSD-2-Clause
// An interface: what it is, and all that the kernel counts of it, by cause.

import type { NetDevice } from "../../api/types";
import * as filter from "../../core/filter";
import * as fmt from "../../core/format";
import { safe } from "../../core/text";
import { whyNoAct } from "../../data/rules";
import { confirmAct, type Target } from "../../ui/actmenu";
import { Icon } from "../../ui/icons";
import { type Fact, Facts } from "../flows/facts";
import { t } from "../../words/t";

const CAUSES: Record<string, string> = {
	missed: t("interfaces.missed"),
	length: t("interfaces.length"),
	over: t("interfaces.over"),
	crc: t("interfaces.crc"),
	frame: t("interfaces.frame"),
	fifo: t("interfaces.fifo"),
	nohandler: t("interfaces.nohandler"),
	aborted: t("interfaces.aborted"),
	carrier: t("interfaces.carrier"),
	heartbeat: t("interfaces.heartbeat"),
	window: t("interfaces.window"),
	collisions: t("interfaces.collisions"),
};

const DUPLEX = { half: t("interfaces.half"), full: t("interfaces.full") };

/** What is not known, or is not so, needs no line. */
function device(row: NetDevice): Fact[] {
	const all: [string, string | null][] = [
		[t("interfaces.kind"), row.kind],
		[t("interfaces.driver"), row.driver],
		[t("interfaces.duplex"), row.duplex && DUPLEX[row.duplex]],
		[t("interfaces.mtu"), fmt.count(row.mtu)],
		[t("interfaces.mac"), row.mac],
		[t("interfaces.addresses"), row.addresses.join("\n") || null],
		[t("interfaces.parent"), row.parent],
		[t("interfaces.master"), row.master],
		[t("interfaces.vlan"), row.vlan === null ? null : String(row.vlan)],
		[t("interfaces.hook"), row.reason ?? row.hook ?? t("interfaces.notCounted")],
	];
	return all.flatMap(([name, value]): Fact[] => (value ? [[name, safe(value)]] : []));
}

function way(row: NetDevice, at: "rx" | "tx", costUnknown: string | null): Fact[] {
	const { packets, bytes, errors, dropped, causes, pps, utilisation } = row[at];
	const cost = row.cost_ns[at];
	const facts: Fact[] = [
		[t("interfaces.packets"), fmt.count(packets)],
		[t("word.bytes"), fmt.count(bytes)],
		[
			t("word.rate"),
			pps === null ? fmt.NONE : t("interfaces.perSecond", { n: fmt.count(Math.round(pps)) }),
		],
		[t("interfaces.used"), utilisation === null ? fmt.NONE : fmt.percent(utilisation, 1)],
		[t("interfaces.errors"), fmt.count(errors)],
		[t("interfaces.dropped"), fmt.count(dropped)],
		...Object.entries(causes).map(([name, n]): Fact => [CAUSES[name] ?? name, fmt.count(n)]),
	];
	facts.push(
		at === "rx"
			? [t("interfaces.multicast"), fmt.count(row.multicast)]
			: [t("interfaces.queue"), fmt.count(row.queue_dropped)],
	);
	if (row.attached)
		facts.push([
			t("interfaces.cost"),
			cost === null ? t("interfaces.notMeasured") : t("interfaces.costNs", { n: cost }),
			cost === null ? (costUnknown ?? undefined) : undefined,
		]);
	return facts;
}

/** What sends from an address that is nobody's here any more, what uses one of its own, and all of it. */
function targetsOf({ name, addresses }: NetDevice, held: string[]): Target[] {
	const own = addresses.map((one) => one.split("/")[0]!).filter((ip) => held.includes(ip));
	const shown = safe(name);
	const each = own.map((ip) => filter.term("ip", ip));
	return [
		{
			label: t("acts.ofOldAddress"),
			what: `nat.kind in (snat, both) and not nat.src.ip in (${held.join(", ")})`,
		},
		...own.map((ip, i) => ({
			label: t("acts.ofAddress", { name: shown, ip }),
			what: each[i]!,
		})),
		{
			label: t("acts.ofInterface", { name: shown }),
			what: [filter.term("iface", name), ...each].join(" or "),
		},
	];
}

/** Of an uplink that failed or got another address, in one step. */
function Acts({ row, held }: { row: NetDevice; held: string[] }) {
	if (!row.attached || whyNoAct() !== null) return null;
	return (
		<p class="device-acts">
			<button
				type="button"
				class="danger-line"
				onClick={() => confirmAct("kill", targetsOf(row, held))}
			>
				<Icon name="close" /> {t("interfaces.end")}
			</button>
			<button
				type="button"
				class="danger-line"
				onClick={() => confirmAct("forget", targetsOf(row, held))}
			>
				<Icon name="trash" /> {t("interfaces.forget")}
			</button>
		</p>
	);
}

interface Props {
	row: NetDevice;
	/** addresses of all interfaces, that others see */
	held: string[];
	costUnknown: string | null;
}

export function Details({ row, held, costUnknown }: Props) {
	const parts: [string, Fact[]][] = [
		[t("interfaces.device"), device(row)],
		[t("interfaces.in"), way(row, "rx", costUnknown)],
		[t("interfaces.out"), way(row, "tx", costUnknown)],
	];
	return (
		<div class="device-parts">
			{parts.map(([title, facts]) => (
				<section key={title}>
					<h2>{title}</h2>
					<Facts facts={facts} />
					{title === t("interfaces.device") ? <Acts row={row} held={held} /> : null}
				</section>
			))}
		</div>
	);
}
