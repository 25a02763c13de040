// SPDX-License-Identifier: BSD-2-Clause
// Who made up the rate over the range: protocols, interfaces or the busiest hosts, stacked.

import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { type Layer, Stacked } from "../../charts/stacked";
import * as filter from "../../core/filter";
import * as fmt from "../../core/format";
import { flowsWith } from "../../core/pagefilter";
import { type Lines, useLines, type Values } from "../../data/series";
import { narrow, units } from "../../core/settings";
import { protoTint } from "../../ui/cells";
import { Panel, type Table } from "../../ui/panel";
import { Segment } from "../../ui/segment";
import { brush, marks } from "../overview/traffic";
import { t } from "../../words/t";

type By = "proto" | "iface" | "host";

const BY: [By, string, string][] = [
	["proto", t("word.protocol"), "proto"],
	["iface", t("word.interface"), "iface"],
	["host", t("word.host"), "ip"],
];
const TINTS = ["c1", "c2", "c4", "c3", "c5"];
const OTHER = "other";

const both = (up: Values, down: Values): Values =>
	up.map((v, i) => (v === null && (down[i] ?? null) === null ? null : (v ?? 0) + (down[i] ?? 0)));
const sum = (values: Values) => values.reduce<number>((all, v) => all + (v ?? 0), 0);

interface Made {
	times: number[];
	layers: Layer[];
}

function layersOf({ t: times, of }: Lines, by: By, field: string): Made {
	const all = [...of]
		.map(([key, line]) => ({ key, values: both(line.up, line.down) }))
		.filter((l) => sum(l.values) > 0)
		.sort((a, b) => sum(b.values) - sum(a.values));
	const layers = all.slice(0, TINTS.length).map(({ key, values }, i): Layer => ({
		key: by === "proto" ? key.toUpperCase() : key,
		values,
		tint: by === "proto" ? protoTint(key) : TINTS[i]!,
		...(key === OTHER ? {} : { href: flowsWith(filter.term(field, key)) }),
	}));
	const rest = all.slice(TINTS.length);
	if (rest.length)
		layers.push({
			key: t("word.nMore", { n: rest.length }),
			tint: "c6",
			values: times.map((_, i) => rest.reduce((n, l) => n + (l.values[i] ?? 0), 0)),
		});
	return { times, layers };
}

function tableOf(times: number[], layers: Layer[]): Table {
	const step = Math.max(1, Math.ceil(times.length / 60));
	const at = times
		.map((_, i) => i)
		.filter((i) => i % step === 0)
		.reverse();
	return {
		head: [t("word.time"), ...layers.map((l) => l.key)],
		rows: at.map((i) => ({
			key: String(times[i]),
			name: new Date(times[i]! * 1000).toISOString(),
			label: fmt.clock(times[i]! * 1000),
			cells: layers.map((l) => fmt.rate(l.values[i], units.value)),
			exact: layers.map((l) => l.values[i]),
		})),
	};
}

export function Makeup() {
	const by = useSignal<By>("proto");
	const lines = useLines(by.value);
	const field = BY.find(([key]) => key === by.value)![2];
	const { times, layers } = useMemo(
		() => (lines ? layersOf(lines, by.value, field) : { times: [], layers: [] }),
		[lines],
	);
	return (
		<Panel
			title={t("history.makeup")}
			help={t("history.makeupHelp")}
			area="a-makeup"
			table={() => tableOf(times, layers)}
			controls={
				<Segment
					kind="tiny"
					label={t("history.by")}
					value={by.value}
					options={BY.map(([key, word]) => [key, word])}
					onPick={(key) => {
						by.value = key;
					}}
				/>
			}
		>
			{layers.length ? (
				<Stacked
					key={by.value}
					t={times}
					layers={layers}
					height={narrow.value ? 170 : 220}
					label={t("history.rateBy", { what: BY.find(([key]) => key === by.value)![1] })}
					marks={marks.value}
					onBrush={brush}
				/>
			) : (
				<p class="faint panel-empty chart-empty">
					{lines ? t("history.nothingMoved") : t("word.loading")}
				</p>
			)}
		</Panel>
	);
}
