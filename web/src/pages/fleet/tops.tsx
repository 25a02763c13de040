// SPDX-License-Identifier: BSD-2-Clause
// Who moved most over all sensors: the server adds up all rows, so the largest are the largest.

import type { HistoryTop } from "../../api/types";
import { Bars } from "../../charts/bars";
import * as filter from "../../core/filter";
import * as fmt from "../../core/format";
import { flowsWith } from "../../core/pagefilter";
import { href } from "../../core/route";
import { units } from "../../core/settings";
import { safe } from "../../core/text";
import { usePolled } from "../../data/polled";
import { Panel } from "../../ui/panel";
import { fleetPeriod } from "./time";
import { t } from "../../words/t";

const SHOWN = 8;
const TITLES = { host: t("overview.topHosts"), name: t("overview.topNames") };
const HELPS = { host: t("fleet.topHostsHelp"), name: t("overview.topNamesHelp") };
const FIELDS = { host: "src.ip", name: "dst.host" };
const AREAS = { host: "a-src", name: "a-name" };

export function FleetTop({ by }: { by: "host" | "name" }) {
	/* what has no name is not among them */
	const polled = usePolled<HistoryTop>(
		"history/top",
		{ by, limit: SHOWN + 1, ...fleetPeriod.value },
		10,
	);
	const answer = polled.data.value;
	const items = (answer?.items ?? []).filter((item) => item.key !== null).slice(0, SHOWN);
	const link = (key: string) => flowsWith(filter.term(FIELDS[by], key), { live: "both" });
	const sum = (item: (typeof items)[number]) => item.bytes.up + item.bytes.down;
	return (
		<Panel
			title={TITLES[by]}
			help={HELPS[by]}
			area={AREAS[by]}
			open={href("/flows", { group: FIELDS[by] })}
			table={() => ({
				head: [TITLES[by], t("word.flows"), t("word.bytes")],
				rows: items.map((item) => ({
					key: item.key!,
					label: safe(item.key!),
					href: link(item.key!),
					cells: [fmt.count(item.flows), fmt.bytes(sum(item), units.value)],
					exact: [item.flows, sum(item)],
				})),
			})}
		>
			{answer ? (
				<Bars
					bars={items.map((item) => ({
						key: item.key!,
						label: (
							<bdi class={by === "host" ? "mono" : "strong"}>{safe(item.key!)}</bdi>
						),
						value: sum(item),
						text: fmt.bytes(sum(item), units.value),
						more: t("word.nFlows", {
							n: item.flows,
							count: fmt.countShort(item.flows),
						}),
						href: link(item.key!),
					}))}
					empty={t("overview.noFlows")}
				/>
			) : (
				<p class="faint panel-empty">{polled.failed.value ?? t("word.loading")}</p>
			)}
		</Panel>
	);
}
