// SPDX-License-Identifier: BSD-2-Clause
// What the Overview ranks by (rate, bytes, flows), and which side of the network it ranks.

import type { Signal } from "@preact/signals";
import * as fmt from "../../core/format";
import { side, units } from "../../core/settings";
import { liveness, past } from "../../core/time";
import { Segment } from "../../ui/segment";
import { t } from "../../words/t";

export type Metric = "rate" | "bytes" | "count";
export type Side = "all" | "internal" | "external";

export const METRICS: [Metric, string][] = [
	["rate", t("word.rate")],
	["bytes", t("word.bytes")],
	["count", t("word.flows")],
];

const SIDES: [Side, string, string][] = [
	["all", t("word.all"), t("overview.allHelp")],
	["internal", t("word.internal"), t("overview.internalHelp")],
	["external", t("word.external"), t("overview.externalHelp")],
];

interface Sums {
	count: number;
	bytes: number;
	rate_bps: number;
}

export const valueOf = (by: Metric, sums: Sums): number =>
	by === "rate" ? sums.rate_bps : sums[by];

export function say(by: Metric, value: number): string {
	if (by === "rate") return fmt.rate(value, units.value);
	return by === "bytes" ? fmt.bytes(value, units.value) : fmt.countShort(value);
}

/** What is past has no rate any more. */
export const metricOf = (metric: Signal<Metric>): Metric =>
	past.value && metric.value === "rate" ? "bytes" : metric.value;

/** Bytes are of all that is kept, rates and flows of what is there now. */
export const liveOf = (by: Metric): string => (by === "bytes" ? "both" : liveness.value);

export function MetricSwitch({
	metric,
	name,
	rates = true,
}: {
	metric: Signal<Metric>;
	name: string;
	rates?: boolean;
}) {
	return (
		<Segment
			kind="tiny"
			label={t("overview.metricOf", { name })}
			value={metricOf(metric)}
			options={METRICS.filter(([key]) => (rates && !past.value) || key !== "rate")}
			onPick={(key) => {
				metric.value = key;
			}}
		/>
	);
}

export function SideSwitch() {
	return (
		<Segment
			kind="tiny"
			label={t("overview.sideNetwork")}
			value={side.value}
			options={SIDES}
			onPick={(key) => {
				side.value = key;
			}}
		/>
	);
}

const OF_SOURCES: Record<Side, string> = {
	all: "",
	internal: "scope in (internal-external, internal)",
	external: "scope in (external-internal, external)",
};
const OF_DESTINATIONS: Record<Side, string> = {
	all: "",
	internal: "scope in (external-internal, internal)",
	external: "scope in (internal-external, external)",
};

/** Terms of the filter that leave hosts, or destinations, of the chosen side. */
export const sourceSide = (): string => OF_SOURCES[side.value];
export const destinationSide = (): string => OF_DESTINATIONS[side.value];
