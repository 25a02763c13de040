// SPDX-License-Identifier: BSD-2-Clause
// Who talks to what right now: the busiest hosts with what they do and whom they talk to, each a
// way to its flows. Places are calm: they follow the last seconds, and stand still under a pointer.

import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Group, List, Value } from "../../api/types";
import * as filter from "../../core/filter";
import { Ranking } from "../../core/calm";
import * as fmt from "../../core/format";
import { flowsWith, globalFilter } from "../../core/pagefilter";
import { href } from "../../core/route";
import { narrow, rankedBy, side, units } from "../../core/settings";
import { past } from "../../core/time";
import { safe } from "../../core/text";
import { usePolled } from "../../data/polled";
import { Name, written } from "../../ui/cells";
import { Panel, type Table } from "../../ui/panel";
import {
	liveOf,
	type Metric,
	metricOf,
	MetricSwitch,
	say,
	SideSwitch,
	sourceSide,
	valueOf,
} from "./metric";
import { t } from "../../words/t";

const SHOWN = 7;
const ASKED = 20; // more than is shown: who is fourth in this second may be first in the next
const TALKS_ASKED = 250;
const TALKS_SHOWN = 2;

const SORTS: Record<Metric, string> = { rate: "-rate_bps", bytes: "-bytes", count: "-flows" };

/** A host's biggest conversations, by the name of the other end. */
interface Talk {
	name: string;
	service: string;
	term: string;
	value: number;
}

const number = (value: Value | undefined): number => (typeof value === "number" ? value : 0);
const words = (value: Value | undefined): string => (typeof value === "string" ? value : "");

function talkOf(by: Metric, flow: Record<string, Value>): Talk {
	const name = words(flow["dst.host"]);
	const ip = words(flow["dst.ip"]);
	const rate = number(flow["rate_bps.up"]) + number(flow["rate_bps.down"]);
	const bytes = number(flow["bytes.up"]) + number(flow["bytes.down"]);
	return {
		name: name || ip,
		service: words(flow.service) || words(flow.l7) || words(flow.proto),
		term: name ? filter.term("dst.host", name) : filter.term("dst.ip", ip),
		value: by === "rate" ? rate : by === "bytes" ? bytes : 1,
	};
}

/** By host: whom it talks to most. */
function talksOf(by: Metric, flows: Record<string, Value>[]): Map<string, Talk[]> {
	const found = new Map<string, Map<string, Talk>>();
	for (const flow of flows) {
		const talk = talkOf(by, flow);
		const own = found.get(words(flow["src.ip"])) ?? new Map<string, Talk>();
		const same = own.get(talk.name);
		if (same) same.value += talk.value;
		else own.set(talk.name, talk);
		found.set(words(flow["src.ip"]), own);
	}
	return new Map(
		[...found].map(([ip, own]) => [ip, [...own.values()].sort((a, b) => b.value - a.value)]),
	);
}

const sumsOf = (g: Group) => ({
	count: g.flows,
	bytes: g.bytes.up + g.bytes.down,
	rate_bps: g.rate_bps.up + g.rate_bps.down,
});

function useTalkers(by: Metric, held: boolean) {
	const query = {
		live: liveOf(by),
		filter: filter.all(globalFilter.value, sourceSide()) || null,
	};
	const groups = usePolled<List<Group>>("flows", {
		...query,
		group_by: "src.ip",
		sort: SORTS[by],
		limit: ASKED,
	}).data.value;
	const flows = usePolled<List<Record<string, Value>>>("flows", {
		...query,
		sort: past.value || by === "bytes" ? "-bytes" : "-rate_bps",
		limit: TALKS_ASKED,
		fields: "src.ip,dst.ip,dst.host,service,l7,proto,rate_bps.up,rate_bps.down,bytes.up,bytes.down",
	}).data.value;
	const ranking = useMemo(() => new Ranking(), [by, side.value, globalFilter.value]);
	const list = useMemo(() => {
		const byKey = new Map((groups?.items ?? []).map((g) => [g.key, g]));
		const values = [...byKey].map(([key, g]): [string, number] => [
			key,
			valueOf(by, sumsOf(g)),
		]);
		return ranking.rank(values, held).flatMap((key) => byKey.get(key) ?? []);
	}, [groups, ranking]);
	const talks = useMemo(() => talksOf(by, flows?.items ?? []), [flows]);
	return { list, talks, totals: groups?.totals ?? null };
}

const linkOf = (by: Metric, ...terms: string[]) =>
	flowsWith(filter.all(...terms), { live: by === "bytes" ? "both" : null, scope: "all" });

function Talks({ talks, own, by, host }: { talks: Talk[]; own: Group; by: Metric; host: string }) {
	const peers = t("word.nPeers", { n: own.hosts, count: fmt.countShort(own.hosts) });
	if (narrow.value)
		return (
			<span class="talks faint">
				<Name name={talks[0]?.name ?? ""} />
				{own.hosts > 1 ? <span>+{fmt.countShort(own.hosts - 1)}</span> : null}
			</span>
		);
	return (
		<span class="talks">
			{talks.slice(0, TALKS_SHOWN).map((talk) => (
				<a
					key={talk.name}
					class="talk"
					href={linkOf(by, host, talk.term)}
					title={`${safe(talk.name)}\n${written("service", talk.service)}${by === "count" ? "" : `, ${say(by, talk.value)}`}`}
				>
					<Name name={talk.name} />
				</a>
			))}
			<span class="faint talk-rest">{peers}</span>
		</span>
	);
}

function Share({ part, whole }: { part: number; whole: number }) {
	const percent = whole > 0 ? Math.min(100, (100 * part) / whole) : 0;
	return (
		<span class="share">
			<span class="share-bar" aria-hidden="true">
				<i style={{ width: `${Math.max(percent ? 1 : 0, percent)}%` }} />
			</span>
			<span>{fmt.percent(part, whole)}</span>
		</span>
	);
}

/** "HTTPS (YouTube)" in a word: who it is where that is known, else what. */
const whose = (service: string): string => /\((.+)\)$/.exec(service)?.[1] ?? service;

function Row({ own, by, whole, talks }: { own: Group; by: Metric; whole: number; talks: Talk[] }) {
	const host = filter.term("src.ip", own.key);
	const sums = sumsOf(own);
	const ends = by === "bytes" ? own.bytes : own.rate_bps;
	const end = by === "bytes" ? fmt.bytes : fmt.rate;
	const services = [
		...new Set(
			(talks.length
				? talks.map((talk) => talk.service)
				: (own.services ?? []).map(String)
			).map((service) => written("service", service)),
		),
	].slice(0, 3);
	return (
		<tr>
			<th scope="row" class="talker">
				<a class="row-link" href={linkOf(by, host)}>
					{own.label ? (
						<>
							<bdi class="strong cut">{safe(own.label)}</bdi>
							<span class="mono faint cut">{safe(own.key)}</span>
						</>
					) : (
						<span class="mono strong cut">{safe(own.key)}</span>
					)}
				</a>
			</th>
			<td class="talker-talks">
				<Talks talks={talks} own={own} by={by} host={host} />
			</td>
			<td class="talker-does faint cut" title={services.join(", ")}>
				{[...new Set(services.map(whose))].join(", ")}
			</td>
			<td class="n talker-flows">{fmt.countShort(own.flows)}</td>
			<td class="n up-text">
				<span class="phone-only" aria-hidden="true">
					↑{" "}
				</span>
				{end(ends.up, units.value)}
			</td>
			<td class="n down-text">
				<span class="phone-only" aria-hidden="true">
					↓{" "}
				</span>
				{end(ends.down, units.value)}
			</td>
			<td class="n talker-share">
				<Share part={valueOf(by, sums)} whole={whole} />
			</td>
		</tr>
	);
}

function tableOf(list: Group[], talks: Map<string, Talk[]>): Table {
	const names = (g: Group) =>
		(talks.get(g.key) ?? [])
			.slice(0, TALKS_SHOWN)
			.map((talk) => safe(talk.name))
			.join(" ");
	return {
		head: [
			"src.ip",
			t("word.name"),
			t("overview.talksTo"),
			t("word.flows"),
			t("word.up"),
			t("word.down"),
			t("word.bytes"),
		],
		rows: list.map((g) => ({
			key: g.key,
			label: safe(g.key),
			href: linkOf("rate", filter.term("src.ip", g.key)),
			cells: [
				safe(g.label),
				names(g),
				fmt.count(g.flows),
				fmt.rate(g.rate_bps.up, units.value),
				fmt.rate(g.rate_bps.down, units.value),
				fmt.bytes(g.bytes.up + g.bytes.down, units.value),
			],
			exact: [
				g.label,
				names(g),
				g.flows,
				g.rate_bps.up,
				g.rate_bps.down,
				g.bytes.up + g.bytes.down,
			],
		})),
	};
}

const HELP: Record<Metric, string> = {
	rate: t("overview.topHostsByRate"),
	bytes: t("overview.topHostsByBytes"),
	count: t("overview.topHostsByFlows"),
};

export function Talkers() {
	const by = metricOf(rankedBy);
	const held = useSignal(false);
	const { list, talks, totals } = useTalkers(by, held.value);
	const whole = totals
		? valueOf(by, {
				count: totals.flows,
				bytes: totals.bytes.up + totals.bytes.down,
				rate_bps: totals.rate_bps.up + totals.rate_bps.down,
			})
		: 0;
	const hold = (on: boolean) => () => {
		held.value = on;
	};
	return (
		<Panel
			title={t("overview.topHosts")}
			help={HELP[by]}
			area="a-talkers"
			controls={
				<>
					<SideSwitch />
					<MetricSwitch metric={rankedBy} name={t("overview.ranked")} />
				</>
			}
			open={href("/flows", { group: "src.ip", sort: SORTS[by] })}
			table={() => tableOf(list, talks)}
		>
			<div
				class="talkers-box"
				onPointerEnter={hold(true)}
				onPointerLeave={hold(false)}
				onFocusIn={hold(true)}
				onFocusOut={hold(false)}
			>
				<table class="talkers">
					<thead>
						<tr>
							<th scope="col">{t("word.host")}</th>
							<th scope="col">{t("overview.talksTo")}</th>
							<th scope="col" class="talker-does">
								{t("word.services")}
							</th>
							<th scope="col" class="n talker-flows">
								{t("word.flows")}
							</th>
							<th scope="col" class="n">
								<span class="arrow up" aria-hidden="true">
									↑
								</span>{" "}
								{t("word.up")}
							</th>
							<th scope="col" class="n">
								<span class="arrow down" aria-hidden="true">
									↓
								</span>{" "}
								{t("word.down")}
							</th>
							<th scope="col" class="n talker-share">
								{t("overview.share")}
							</th>
						</tr>
					</thead>
					<tbody>
						{list.slice(0, SHOWN).map((own) => (
							<Row
								key={own.key}
								own={own}
								by={by}
								whole={whole}
								talks={talks.get(own.key) ?? []}
							/>
						))}
					</tbody>
				</table>
				{list.length ? null : (
					<p class="faint panel-empty">
						{totals ? t("overview.noHosts") : t("word.loading")}
					</p>
				)}
			</div>
		</Panel>
	);
}
