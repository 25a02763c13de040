// SPDX-License-Identifier: BSD-2-Clause
// Who made up the traffic over the range: hosts, services, protocols or interfaces, stacked, as rates
// or as shares of the whole; of services the flows, too.

import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { type Layer, Stacked } from "../../charts/stacked";
import * as filter from "../../core/filter";
import * as fmt from "../../core/format";
import { flowsWith } from "../../core/pagefilter";
import { type Lines, useLines, type Values } from "../../data/series";
import { narrow, units } from "../../core/settings";
import { safe } from "../../core/text";
import { fleet } from "../../core/time";
import { useHostNames } from "../../data/hostnames";
import { protoTint, written } from "../../ui/cells";
import { Panel, type Table } from "../../ui/panel";
import { Segment } from "../../ui/segment";
import { brush, marks } from "../overview/traffic";
import { t } from "../../words/t";

type By = "host" | "service" | "proto" | "iface";
type Measure = "rate" | "share" | "flows";
type Say = (value: number | null | undefined) => string;

/** How it is called, and the term that leads to its flows: a service has those of its applications. */
const BY: Record<By, [string, (key: string) => string]> = {
	host: [t("word.host"), (key) => filter.term("ip", key)],
	service: [t("history.service"), (key) => filter.term("service", key, "~")],
	proto: [t("word.protocol"), (key) => filter.term("proto", key)],
	iface: [t("word.interface"), (key) => filter.term("iface", key)],
};
const MEASURES: [Measure, string][] = [
	["rate", t("word.rate")],
	["share", t("history.share")],
	["flows", t("word.flows")],
];
const TINTS = ["c1", "c2", "c4", "c3", "c5"];
const OTHER = "other";

/** What is heaped up at the end has a name for a key. */
const isIp = (key: string) => /^[\d.]+$|:/.test(key);

const both = (up: Values, down: Values): Values =>
	up.map((v, i) => (v === null && (down[i] ?? null) === null ? null : (v ?? 0) + (down[i] ?? 0)));
const sum = (values: Values) => values.reduce<number>((all, v) => all + (v ?? 0), 0);

/** Each point as a share of all. */
function shared(layers: Layer[]): Layer[] {
	const whole = layers[0]?.values.map((_, i) => sum(layers.map((l) => l.values[i] ?? null)));
	return layers.map((layer) => ({
		...layer,
		values: layer.values.map((v, i) => (v === null || !whole?.[i] ? v : (100 * v) / whole[i])),
	}));
}

function layersOf({ of }: Lines, by: By): Layer[] {
	const all = [...of]
		.map(([key, line]) => ({ key, values: both(line.up, line.down) }))
		.filter((l) => sum(l.values) > 0)
		.sort(
			(a, b) =>
				Number(a.key === OTHER) - Number(b.key === OTHER) || sum(b.values) - sum(a.values),
		);
	const own = all.filter((l) => l.key !== OTHER || by === "proto").slice(0, TINTS.length);
	const layers = own.map(({ key, values }, i): Layer => ({
		key,
		name: key === OTHER ? t("charts.other") : written(by, key),
		values,
		tint: by === "proto" ? protoTint(key) : TINTS[i]!,
		...(key === OTHER ? {} : { href: flowsWith(BY[by][1](key)) }),
	}));
	const rest = all.filter((l) => !own.includes(l));
	if (rest.length)
		layers.push({
			key:
				rest.some((l) => l.key === OTHER) || rest.length === 1
					? t("charts.other")
					: t("word.nMore", { n: rest.length }),
			tint: "c6",
			values: rest.map((l) => l.values).reduce((sums, values) => both(sums, values)),
		});
	return layers;
}

function tableOf(times: number[], layers: Layer[], say: Say): Table {
	const step = Math.max(1, Math.ceil(times.length / 60));
	const at = times
		.map((_, i) => i)
		.filter((i) => i % step === 0)
		.reverse();
	return {
		head: [t("word.time"), ...layers.map((l) => l.name ?? l.key)],
		rows: at.map((i) => ({
			key: String(times[i]),
			name: new Date(times[i]! * 1000).toISOString(),
			label: fmt.clock(times[i]! * 1000),
			cells: layers.map((l) => say(l.values[i])),
			exact: layers.map((l) => l.values[i]),
		})),
	};
}

const SAY: Record<Measure, Say> = {
	rate: (v) => fmt.rate(v, units.value),
	share: (v) => (v == null ? fmt.NONE : fmt.percent(v, 100)),
	flows: (v) => fmt.countShort(v == null ? v : Math.round(v)),
};

export function Makeup() {
	const by = useSignal<By>("host");
	const chosen = useSignal<Measure>("rate");
	const measure =
		chosen.value === "flows" && (by.value !== "service" || fleet.value) ? "rate" : chosen.value;
	const lines = useLines(by.value, measure === "flows" ? "flows" : "rate");
	const layers = useMemo(() => {
		const own = lines ? layersOf(lines, by.value) : [];
		return measure === "share" ? shared(own) : own;
	}, [lines, measure]);
	const names = useHostNames(by.value === "host" ? layers.map((l) => l.key).filter(isIp) : []);
	const named = layers.map((l) => {
		const name = names?.get(l.key);
		return name ? { ...l, name: safe(name) } : l;
	});
	const times = lines?.t ?? [];
	const say = SAY[measure];
	return (
		<Panel
			title={t("history.makeup")}
			help={t("history.makeupHelp")}
			area="a-makeup"
			table={() => tableOf(times, named, say)}
			controls={
				<>
					<Segment
						kind="tiny"
						label={t("history.by")}
						value={by.value}
						options={(Object.keys(BY) as By[]).map((key) => [key, BY[key][0]])}
						onPick={(key) => {
							by.value = key;
						}}
					/>
					<Segment
						kind="tiny"
						label={t("history.measure")}
						value={measure}
						options={MEASURES.slice(0, by.value === "service" && !fleet.value ? 3 : 2)}
						onPick={(key) => {
							chosen.value = key;
						}}
					/>
				</>
			}
		>
			{layers.length && names ? (
				<Stacked
					key={by.value + measure}
					t={times}
					layers={named}
					height={narrow.value ? 170 : 220}
					label={t("history.rateBy", { what: BY[by.value][0] })}
					marks={marks.value}
					onBrush={brush}
					say={measure === "rate" ? undefined : say}
					least={measure === "share" ? 100 : measure === "flows" ? 5 : 1000}
				/>
			) : (
				<p class="faint panel-empty chart-empty">
					{lines && names ? t("history.nothingMoved") : t("word.loading")}
				</p>
			)}
		</Panel>
	);
}
