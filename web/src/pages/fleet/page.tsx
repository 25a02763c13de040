// SPDX-License-Identifier: BSD-2-Clause
// The Overview of a hub: how each sensor fares, what all of them see, and who moved most.

import { useSignal } from "@preact/signals";
import type { FleetGroup, FleetSensors } from "../../api/types";
import { Bars } from "../../charts/bars";
import * as filter from "../../core/filter";
import * as fmt from "../../core/format";
import { flowsWith } from "../../core/pagefilter";
import { href } from "../../core/route";
import { units } from "../../core/settings";
import { safe } from "../../core/text";
import { usePolled } from "../../data/polled";
import { Awaited, Notice } from "../../ui/notice";
import { Panel } from "../../ui/panel";
import { Segment } from "../../ui/segment";
import { split, Tile } from "../overview/tiles";
import { Rates } from "./rates";
import { Sensors } from "./sensors";
import { fleetPeriod, sinceOf } from "./time";
import { FleetTop } from "./tops";
import { listed, t } from "../../words/t";

const EVERY_S = 10;
const SENSOR = "sensor";

/** How many of a group are not well, in words; "" if all are. */
const unwell = (group: FleetGroup): string =>
	listed(
		group.silent > 0 && t("fleet.nSilent", { n: group.silent }),
		group.losing > 0 && t("fleet.nLosing", { n: group.losing }),
		group.late > 0 && t("fleet.nLate", { n: group.late }),
	);

function Tiles({ totals }: { totals: FleetGroup }) {
	const [rate, rateUnit] = split(fmt.rate(totals.rate_bps, units.value));
	const [moved, movedUnit] = split(fmt.bytes(totals.bytes, units.value));
	const ill = unwell(totals);
	const bad = totals.silent + totals.losing > 0;
	return (
		<div class="tiles">
			<Tile
				title={t("fleet.sensors")}
				help={t("fleet.sensorsHelp")}
				value={fmt.count(totals.sensors)}
				link={href("/flows", { group: SENSOR })}
			>
				<span class={`tile-note ${ill ? (bad ? "bad-text" : "warn-text") : "faint"}`}>
					{ill || t("fleet.allWell")}
				</span>
			</Tile>
			<Tile
				title={t("word.rate")}
				help={t("fleet.rateHelp")}
				value={rate}
				unit={rateUnit}
				exact={t("word.nBitS", { n: totals.rate_bps })}
				link={href("/flows", { sort: "-bytes" })}
			/>
			<Tile
				title={t("overview.packets")}
				help={t("fleet.packetsHelp")}
				value={fmt.countShort(totals.pps)}
				unit=" /s"
				exact={fmt.count(totals.pps)}
				link={href("/flows")}
				spare
			/>
			<Tile
				title={t("word.flows")}
				help={t("fleet.flowsHelp")}
				value={fmt.digits3(totals.flows_per_s)}
				unit=" /s"
				link={href("/flows")}
			/>
			<Tile
				title={t("word.bytes")}
				help={t("fleet.bytesHelp")}
				value={moved}
				unit={movedUnit}
				exact={t("word.nBytes", { n: totals.bytes })}
				link={href("/hosts")}
			/>
			<Tile
				title={t("fleet.dropped")}
				help={t("fleet.droppedHelp")}
				value={fmt.countShort(totals.dropped)}
				exact={fmt.count(totals.dropped)}
				link={href("/")}
			>
				<span class={`tile-note ${totals.dropped ? "bad-text" : "faint"}`}>
					{totals.dropped ? t("fleet.rows") : t("overview.noneLost")}
				</span>
			</Tile>
		</div>
	);
}

/** Names of tags that sensors have, in the order that they first come. */
function tagsOf(answer: FleetSensors): string[] {
	const names = answer.items.flatMap((s) => s.tags.map((tag) => tag.split("=")[0]!));
	return [...new Set(names)].slice(0, 4);
}

const groupTerm = (by: string, key: string): string =>
	by === "site" ? filter.term("site", key) : filter.term("tags", `${by}=${key}`, "~");

function Groups({ by, answer }: { by: { value: string }; answer: FleetSensors }) {
	const groups = [...answer.groups].sort((a, b) => b.bytes - a.bytes);
	const bars = groups.map((group) => ({
		key: group.key ?? "",
		label: (
			<>
				<bdi class="strong">{safe(group.key || t("fleet.noSite"))}</bdi>{" "}
				<span class={group.silent + group.losing ? "bad-text" : "faint"}>
					{unwell(group) || t("fleet.nSensors", { n: group.sensors })}
				</span>
			</>
		),
		value: group.bytes,
		text: fmt.bytes(group.bytes, units.value),
		more: fmt.rate(group.rate_bps, units.value),
		href: flowsWith(groupTerm(answer.by, group.key ?? "")),
	}));
	return (
		<Panel
			title={t("fleet.groups")}
			help={t("fleet.groupsHelp")}
			area="a-sites"
			controls={
				<Segment
					kind="tiny"
					label={t("fleet.groups")}
					value={by.value}
					options={[
						["site", t("fleet.site")],
						...tagsOf(answer).map((name): [string, string] => [name, safe(name)]),
					]}
					onPick={(key) => {
						by.value = key;
					}}
				/>
			}
			table={() => ({
				head: [
					answer.by,
					t("fleet.sensors"),
					t("fleet.silent"),
					t("fleet.losing"),
					t("fleet.late"),
					t("word.rate"),
					t("word.bytes"),
				],
				rows: groups.map((g) => ({
					key: g.key ?? "",
					label: safe(g.key || t("fleet.noSite")),
					cells: [
						fmt.count(g.sensors),
						fmt.count(g.silent),
						fmt.count(g.losing),
						fmt.count(g.late),
						fmt.rate(g.rate_bps, units.value),
						fmt.bytes(g.bytes, units.value),
					],
					exact: [g.sensors, g.silent, g.losing, g.late, g.rate_bps, g.bytes],
				})),
			})}
		>
			<Bars bars={bars} empty={t("fleet.noSensors")} />
		</Panel>
	);
}

export function FleetPage() {
	const by = useSignal("site");
	const polled = usePolled<FleetSensors>(
		"fleet/sensors",
		{ since: sinceOf(fleetPeriod.value), by: by.value },
		EVERY_S,
	);
	const answer = polled.data.value;
	if (!answer) return <Awaited failed={polled.failed.value} title={t("fleet.cannotShow")} />;
	if (!answer.totals.sensors)
		return (
			<Notice icon="interfaces" title={t("fleet.noSensors")}>
				<p>{t("fleet.noSensorsWhy")}</p>
				<pre>
					<code>sudo flowbpf attach eth0 --clickhouse http://192.0.2.1:8123</code>
				</pre>
			</Notice>
		);
	return (
		<div class="overview fleet">
			<h1 class="visually-hidden">{t("word.overview")}</h1>
			<Tiles totals={answer.totals} />
			{polled.failed.value ? <p class="bad-text">{polled.failed.value}</p> : null}
			<div class="panels">
				<Sensors answer={answer} />
				<Rates />
				<Groups by={by} answer={answer} />
				<FleetTop by="host" />
				<FleetTop by="name" />
			</div>
		</div>
	);
}
