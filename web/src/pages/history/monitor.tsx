// SPDX-License-Identifier: BSD-2-Clause
// What flowbpf itself takes, over the range: the time of its tick, CPU, memory, and what it lost.

import * as fmt from "../../core/format";
import { units } from "../../core/settings";
import { useSeries } from "../../data/series";
import { Panel } from "../../ui/panel";
import { t } from "../../words/t";
import { type Gauge, Gauges, gaugeTable, type Say } from "./gauge";

const micros: Say = (v) => (v == null ? fmt.NONE : fmt.micros(Math.round(v)));
const GAUGES: Gauge[] = [
	{
		key: "tick_us",
		title: t("monitor.tick"),
		help: t("monitor.tickHelp"),
		tint: "--c1",
		least: 1000,
		say: micros,
	},
	{
		key: "cpu_permille",
		title: t("monitor.cpu"),
		help: t("monitor.cpuHelp"),
		tint: "--c2",
		least: 10,
		say: (v) => (v == null ? fmt.NONE : fmt.percent(v, 1000)),
	},
	{
		key: "memory",
		title: t("monitor.memory"),
		help: t("monitor.memoryHelp"),
		tint: "--c4",
		least: 1e7,
		say: (v) => fmt.bytes(v, units.value),
	},
	{
		key: "losses",
		title: t("monitor.lost"),
		help: t("monitor.lostHelp"),
		tint: "--bad",
		least: 4,
		say: (v) => (v == null ? fmt.NONE : `${fmt.countShort(v)} /s`),
	},
];

export function Monitor() {
	const known = useSeries("monitor");
	return (
		<Panel
			title={t("monitor.title")}
			help={t("monitor.help")}
			area="a-monitor"
			table={() => gaugeTable(GAUGES, known?.t ?? [], known?.of ?? new Map())}
		>
			{known ? (
				<Gauges gauges={GAUGES} times={known.t} of={known.of} />
			) : (
				<p class="faint panel-empty chart-empty">{t("word.loading")}</p>
			)}
		</Panel>
	);
}
