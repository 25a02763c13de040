// SPDX-License-Identifier: BSD-2-Clause
// One host: who it is, what it does now, whom it talks to.

import { at } from "../../core/base";
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { now } from "../../api/state";
import type { Flow, Group, HostDetail, List } from "../../api/types";
import { Bandwidth, rateTable } from "../../charts/bandwidth";
import type { RateData } from "../../data/series";
import { type Bar, Bars } from "../../charts/bars";
import * as filter from "../../core/filter";
import * as fmt from "../../core/format";
import { whyNot } from "../../data/access";
import { fieldOf } from "../../data/fields";
import { usePolled } from "../../data/polled";
import { href } from "../../core/route";
import { rateOf, useLines } from "../../data/series";
import { units } from "../../core/settings";
import { networkOf, safe } from "../../core/text";
import { past } from "../../core/time";
import { ActButton, ofName, type Target } from "../../ui/actmenu";
import { EvidenceLink } from "../../ui/evidence";
import { Icon } from "../../ui/icons";
import { Notice } from "../../ui/notice";
import { Panel } from "../../ui/panel";
import { copy } from "../../ui/toast";
import { labelWritten, ProtoBadge, scopeName, sourceOf, StateBadge, written } from "../../ui/cells";
import { isMono } from "../../ui/fieldvalue";
import { DataTable } from "../../ui/datatable";
import { openDialog } from "../../ui/dialog";
import { brush, marks } from "../overview/traffic";
import { NameDialog } from "./namedialog";
import { t } from "../../words/t";

const LONGEST = 300;

type Groups = List<Group>;

/** What an act on a host may be about. */
export function ofHost(ip: string): Target[] {
	const net = networkOf(ip);
	return [
		{ label: t("acts.ofHost", { host: ip }), what: ip },
		...(net ? [{ label: t("acts.ofNetwork", { net }), what: net }] : []),
	];
}

/** ... or on the value of a field, that all whom it is about have. */
function ofValue(field: string, key: string): Target[] {
	if (field.endsWith(".ip")) return ofHost(key);
	return field === "dst.host" ? ofName(key) : [{ label: key, what: filter.term(field, key) }];
}

/** Both ends: flows that it opened and flows that it was opened to. */
function useGroups(term: string, field: string): Groups | null {
	return usePolled<Groups>(
		"flows",
		{ filter: term, group_by: field, sort: "-bytes", limit: 10, live: "both" },
		3,
	).data.value;
}

function GroupPanel({
	title,
	help,
	area,
	groups,
	field,
	term,
}: {
	title: string;
	help: string;
	area: string;
	groups: Groups | null;
	field: string;
	term: string;
}) {
	const items = (groups?.items ?? []).filter((g) => g.key !== "");
	const link = (g: Group) =>
		href("/flows", { q: filter.all(term, filter.term(field, g.key)), live: "both" });
	const bars: Bar[] = items.map((g) => ({
		key: g.key,
		value: g.bytes.up + g.bytes.down,
		text: fmt.bytes(g.bytes.up + g.bytes.down, units.value),
		more: t("word.nFlows", { n: g.flows, count: fmt.countShort(g.flows) }),
		href: link(g),
		act: <ActButton targets={ofValue(field, g.key)} />,
		label:
			g.label && g.label !== g.key ? (
				<>
					<bdi class="strong">{labelWritten(field, g.label)}</bdi>{" "}
					<span class="mono faint">{written(field, g.key)}</span>
				</>
			) : (
				<span class={isMono(fieldOf(field)) ? "mono" : "strong"}>
					{written(field, g.key)}
				</span>
			),
		title: t("hosts.upAndDown", { up: g.bytes.up, down: g.bytes.down }),
	}));
	return (
		<Panel
			title={title}
			help={help}
			area={area}
			open={href("/flows", { q: term, group: field, live: "both" })}
			table={() => ({
				head: [field, t("word.name"), t("word.flows"), t("word.up"), t("word.down")],
				rows: items.map((g) => ({
					key: g.key,
					label: written(field, g.key),
					href: link(g),
					cells: [
						labelWritten(field, g.label),
						fmt.count(g.flows),
						fmt.bytes(g.bytes.up, units.value),
						fmt.bytes(g.bytes.down, units.value),
					],
					exact: [g.label, g.flows, g.bytes.up, g.bytes.down],
				})),
			})}
		>
			<Bars bars={bars} empty={t("hosts.nothingKnown")} />
		</Panel>
	);
}

/** The server keeps lines of the busiest hosts; of others there is what was seen since the page was opened. */
function useRates(ip: string, row: HostDetail | null): { data: RateData; kept: boolean } {
	const lines = useLines("host");
	const line = useMemo(() => lines && rateOf(lines, ip), [lines, ip]);
	const seen = useSignal<RateData>({ t: [], up: [], down: [] });
	useEffect(() => {
		if (!row) return;
		const { t: times, up, down } = seen.peek();
		seen.value = {
			t: [...times, now.peek() / 1000].slice(-LONGEST),
			up: [...up, row.rate_bps.up].slice(-LONGEST),
			down: [...down, row.rate_bps.down].slice(-LONGEST),
		};
	}, [row]);
	return line ? { data: line, kept: true } : { data: seen.value, kept: false };
}

function Names({ names }: { names: HostDetail["names"] }) {
	if (!names.length) return <p class="faint">{t("hosts.noNameKnown")}</p>;
	return (
		<ul class="names">
			{names.map((n) => (
				<li key={n.key}>
					<bdi>{safe(n.key)}</bdi>
					<span class="faint">
						{fmt.count(n.count)} {n.count === 1 ? "flow" : "flows"}
					</span>
				</li>
			))}
		</ul>
	);
}

function Host({ ip, found }: { ip: string; found: HostDetail | null }) {
	const term = filter.term("ip", ip);
	const flows = usePolled<List<Flow>>(
		"flows",
		{
			filter: term,
			sort: past.value ? "-bytes" : "-rate_bps",
			limit: 1000,
			live: past.value ? "both" : "live",
		},
		2,
	);
	const rates = useRates(ip, found);
	const name = found?.host;
	const totals = flows.data.value?.totals;
	const facts: [string, string, string?][] = [
		[t("word.activeFlows"), fmt.count(totals?.flows ?? found?.active)],
		[t("hosts.peers"), fmt.count(found?.peers)],
		[t("hosts.sent"), fmt.bytes(found?.bytes.up, units.value), fmt.count(found?.bytes.up)],
		[
			t("hosts.received"),
			fmt.bytes(found?.bytes.down, units.value),
			fmt.count(found?.bytes.down),
		],
		[t("hosts.firstSeen"), fmt.clock(found?.first_seen), fmt.fullTime(found?.first_seen)],
		[t("hosts.lastSeen"), fmt.clock(found?.last_seen), fmt.fullTime(found?.last_seen)],
	];
	return (
		<div class="overview">
			<header class="host-head">
				<div>
					<p class="crumbs">
						<a href={href("/hosts")}>{t("word.hosts")}</a>{" "}
						<Icon name="right" size={12} />
					</p>
					<h1>
						{name ? (
							<bdi class="host-title" title={safe(name)}>
								{safe(name)}
							</bdi>
						) : (
							<span class="mono">{safe(ip)}</span>
						)}{" "}
						{found ? <span class="chip flat">{scopeName(found.scope)}</span> : null}
					</h1>
					<p class="faint">
						<span class="mono">{name ? safe(ip) : "\u00a0"}</span>
						{found?.host_from ? ` · ${sourceOf(found.host_from).help}` : ""}
					</p>
				</div>
				<span class="spring" />
				<EvidenceLink of={{ ip }} />
				<button
					type="button"
					disabled={!found || whyNot() !== null}
					title={whyNot() ?? t("hosts.nameItHelp")}
					onClick={() => {
						const given = found?.host_from === "operator" ? found.host : null;
						openDialog.value = () => <NameDialog ip={ip} given={given} />;
					}}
				>
					{found?.host_from === "operator" ? t("hosts.rename") : t("hosts.nameIt")}
				</button>
				<button type="button" class="icon-text" onClick={() => void copy(ip, ip)}>
					<Icon name="copy" />
					{t("word.copy")}
				</button>
				<ActButton targets={ofHost(ip)} word />
				<a class="button" href={href("/flows", { q: term, live: "both" })}>
					<Icon name="flows" />
					{t("hosts.itsFlows")}
				</a>
			</header>
			<dl class="host-facts">
				{facts.map(([what, value, title]) => (
					<div key={what} class="tile">
						<dt class="tile-title">{what}</dt>
						<dd class="tile-value" title={title}>
							{value}
						</dd>
					</div>
				))}
			</dl>
			<div class="panels">
				<Panel
					title={t("word.rate")}
					help={t("hosts.rateHelp")}
					area="a-traffic"
					table={() => rateTable(rates.data)}
					controls={
						<span class="faint panel-note">
							{rates.kept ? "" : t("hosts.sincePageOpened")}
						</span>
					}
				>
					<Bandwidth
						data={rates.data}
						height={160}
						label={t("hosts.rateOf", { ip })}
						marks={marks.value}
						onBrush={brush}
					/>
				</Panel>
				<GroupPanel
					title={t("hosts.peersOut")}
					help={t("hosts.peersOutHelp")}
					area="a-src"
					groups={useGroups(filter.term("src.ip", ip), "dst.ip")}
					field="dst.ip"
					term={filter.term("src.ip", ip)}
				/>
				<GroupPanel
					title={t("hosts.peersIn")}
					help={t("hosts.peersInHelp")}
					area="a-dst"
					groups={useGroups(filter.term("dst.ip", ip), "src.ip")}
					field="src.ip"
					term={filter.term("dst.ip", ip)}
				/>
				<GroupPanel
					title={t("word.services")}
					help={t("hosts.servicesHelp")}
					area="a-port"
					groups={useGroups(term, "service")}
					field="service"
					term={term}
				/>
				<GroupPanel
					title={t("hosts.namesAsked")}
					help={t("hosts.namesAskedHelp")}
					area="a-name"
					groups={useGroups(filter.term("src.ip", ip), "dst.host")}
					field="dst.host"
					term={filter.term("src.ip", ip)}
				/>
				<Panel title={t("hosts.namesHost")} help={t("hosts.namesHostHelp")} area="a-called">
					<Names names={found?.names ?? []} />
				</Panel>
				<Panel
					title={t("hosts.busiestFlows")}
					help={t("hosts.busiestHelp")}
					area="a-busy"
					open={href("/flows", { q: term })}
				>
					<DataTable
						label={t("hosts.busiestFlows")}
						id={(f) => f.id}
						rows={(flows.data.value?.items ?? []).slice(0, 8)}
						columns={[
							{
								key: "peer",
								title: t("hosts.peer"),
								wide: true,
								cell: (f) => {
									const end = f.src.ip === ip ? f.dst : f.src;
									return (
										<a class="host-link" href={at(`/flows/${f.id}`)}>
											{end.host ? (
												<bdi class="strong">{safe(end.host)}</bdi>
											) : null}
											<span class="mono faint">{end.ip}</span>
										</a>
									);
								},
							},
							{
								key: "proto",
								title: t("word.protocol"),
								roomy: true,
								cell: (f) => <ProtoBadge proto={f.proto} l7={f.l7 ?? ""} />,
							},
							{
								key: "state",
								title: t("word.state"),
								roomy: true,
								cell: (f) => <StateBadge state={f.state} />,
							},
							{
								key: "bytes",
								title: t("word.bytes"),
								end: true,
								cell: (f) =>
									fmt.bytes(
										f.counted_by && (f.bytes.up ?? 0) + (f.bytes.down ?? 0),
										units.value,
									),
							},
							{
								key: "rate",
								title: t("word.rate"),
								end: true,
								cell: (f) => fmt.rate(f.rate_bps.up + f.rate_bps.down, units.value),
							},
						]}
					/>
				</Panel>
			</div>
		</div>
	);
}

export function HostPage({ ip }: { ip: string }) {
	const host = usePolled<HostDetail>(`hosts/${encodeURIComponent(ip)}`, {}, 1);
	const found = host.data.value;
	if (found || !host.failed.value) return <Host ip={ip} found={found} />;
	return (
		<Notice icon="hosts" title={t("hosts.nothingOf", { ip: safe(ip) })}>
			<p>{t("hosts.serverSays", { answer: host.failed.value })}</p>
			<a href={href("/hosts")}>{t("hosts.allHosts")}</a>
		</Notice>
	);
}
