// SPDX-License-Identifier: BSD-2-Clause
// The row of figures on top: the value now, the last minute as a line.

import type { ComponentChildren } from "preact";
import { summary } from "../../api/state";
import type { Summary } from "../../api/types";
import { Spark } from "../../charts/spark";
import * as fmt from "../../core/format";
import { pointAt, points, tick } from "../../data/lastminutes";
import { href } from "../../core/route";
import { units } from "../../core/settings";
import { moment } from "../../core/time";
import { lostLately } from "./lost";
import { matched, narrowedBy } from "./matched";
import { t } from "../../words/t";

const SECONDS = 60;

interface TileProps {
	title: string;
	help: string;
	value: string;
	exact?: string;
	unit?: ComponentChildren;
	link: string;
	trace?: (number | null)[];
	tint?: string;
	/** left out where there is little room */
	spare?: boolean;
	children?: ComponentChildren;
}

export function Tile(props: TileProps) {
	const { title, help, value, exact, unit, link, trace, tint, spare, children } = props;
	return (
		<a class={`tile${spare ? " spare" : ""}`} href={link} title={help}>
			<span class="tile-title">{title}</span>
			<span class="tile-value" title={exact}>
				{value}
				{unit ? <small>{unit}</small> : null}
			</span>
			{trace ? <Spark values={trace} {...(tint ? { tint } : {})} /> : null}
			{children}
		</a>
	);
}

/** "1.24 Mbit/s" as number and unit. */
export function split(text: string): [string, string] {
	const at = text.indexOf(" ");
	return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at)];
}

interface Figures extends Record<"flows" | "fresh" | "up" | "down" | "pps", number | null> {
	trail: Record<"flows" | "fresh" | "up" | "down" | "pps", (number | null)[]>;
}

/** Of this second, or of the one that was scrubbed to; of what the filter matches where that is known. */
function figuresNow(s: Summary): Figures {
	const past = moment.value === null ? null : pointAt(moment.value * 1000);
	const shown = points.slice(0, past ? points.indexOf(past) + 1 : points.length).slice(-SECONDS);
	const line = (key: "flows" | "fresh" | "up" | "down" | "pps") => shown.map((p) => p[key]);
	const whole: Figures = {
		...(past ?? {
			up: s.rate_bps.up,
			down: s.rate_bps.down,
			flows: s.active_flows,
			fresh: s.new_per_s,
			pps: typeof s.pps === "number" ? s.pps : s.pps.up + s.pps.down,
		}),
		trail: {
			flows: line("flows"),
			fresh: line("fresh"),
			up: line("up"),
			down: line("down"),
			pps: line("pps"),
		},
	};
	if (past || !narrowedBy.value) return whole;
	const { flows, up, down } = matched.value;
	const last = (list: (number | null)[]) => list[list.length - 1] ?? null;
	return {
		...whole,
		flows: last(flows),
		up: last(up),
		down: last(down),
		trail: {
			...whole.trail,
			flows: flows.slice(-SECONDS),
			up: up.slice(-SECONDS),
			down: down.slice(-SECONDS),
		},
	};
}

export function Tiles() {
	tick.value;
	const s = summary.value;
	if (!s)
		return (
			<div class="tiles" aria-busy="true">
				{Array.from({ length: 7 }, (_, i) => (
					<div key={i} class={`tile${i === 4 ? " spare" : ""}`} />
				))}
			</div>
		);
	const at = figuresNow(s);
	const [up, upUnit] = split(fmt.rate(at.up, units.value));
	const [down, downUnit] = split(fmt.rate(at.down, units.value));
	const narrowed = narrowedBy.value;
	const ct = s.conntrack;
	const full = ct?.available && ct.entries !== null && ct.max ? ct.entries / ct.max : null;
	const [lost, how] = lostLately();
	return (
		<div class="tiles">
			<Tile
				title={t("word.activeFlows")}
				help={t("overview.activeFlowsHelp")}
				value={fmt.countShort(at.flows)}
				exact={fmt.count(at.flows)}
				link={href("/flows")}
				trace={at.trail.flows}
			/>
			<Tile
				title={narrowed ? t("overview.newInAll") : t("overview.newFlows")}
				help={t("overview.newHelp")}
				value={fmt.countShort(at.fresh)}
				unit=" /s"
				link={href("/flows", { sort: "duration_ms" })}
				trace={at.trail.fresh}
			/>
			<Tile
				title={`↑ ${t("word.upload")}`}
				help={t("overview.uploadHelp")}
				value={up}
				unit={upUnit}
				exact={t("word.nBitS", { n: at.up ?? 0 })}
				link={href("/flows", { sort: "-rate_bps.up" })}
				trace={at.trail.up}
				tint="up"
			/>
			<Tile
				title={`↓ ${t("word.download")}`}
				help={t("overview.downloadHelp")}
				value={down}
				unit={downUnit}
				exact={t("word.nBitS", { n: at.down ?? 0 })}
				link={href("/flows", { sort: "-rate_bps.down" })}
				trace={at.trail.down}
				tint="down"
			/>
			<Tile
				title={narrowed ? t("overview.packetsInAll") : t("overview.packets")}
				spare
				help={t("overview.packetsHelp")}
				value={fmt.countShort(at.pps)}
				unit=" /s"
				exact={fmt.count(at.pps)}
				link={href("/flows", { sort: "-rate_bps" })}
				trace={at.trail.pps}
			/>
			<Tile
				title={t("word.conntrack")}
				help={
					ct?.available
						? t("overview.nEntries", {
								n: fmt.count(ct.entries),
								max: fmt.count(ct.max),
							})
						: (ct?.reason ?? t("overview.notAvailable"))
				}
				value={ct?.available ? fmt.countShort(ct.entries) : fmt.NONE}
				unit={ct?.max ? ` / ${fmt.countShort(ct.max)}` : ""}
				link={href("/settings")}
			>
				<span
					class="meter"
					role="meter"
					aria-label={t("overview.conntrackTable")}
					aria-valuemin={0}
					aria-valuemax={100}
					aria-valuenow={Math.round(100 * (full ?? 0))}
				>
					<i
						class={
							full !== null && full > 0.9
								? "bad"
								: full !== null && full > 0.7
									? "warn"
									: ""
						}
						style={{ width: `${Math.max(full ? 1 : 0, 100 * (full ?? 0))}%` }}
					/>
				</span>
			</Tile>
			<Tile
				title={t("word.lost")}
				help={t("overview.lostHelp", { how })}
				value={fmt.countShort(lost)}
				unit=" /min"
				link={href("/settings")}
			>
				<span class={`tile-note ${lost ? "bad-text" : "faint"}`}>
					{lost ? how : t("overview.noneLost")}
				</span>
			</Tile>
		</div>
	);
}
