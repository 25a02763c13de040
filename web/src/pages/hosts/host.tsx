// SPDX-License-Identifier: BSD-2-Clause
// One host: who it is, what it does now, whom it talks to.

import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { now } from "../../api/state";
import type { Flow, Group, HostDetail, List } from "../../api/types";
import { Bandwidth } from "../../charts/bandwidth";
import type { RateData } from "../../data/series";
import { type Bar, Bars } from "../../charts/bars";
import * as filter from "../../core/filter";
import * as fmt from "../../core/format";
import { whyNot } from "../../data/access";
import { usePolled } from "../../data/polled";
import { href } from "../../core/route";
import { rateOf, useLines } from "../../data/series";
import { units } from "../../core/settings";
import { safe } from "../../core/text";
import { Icon } from "../../ui/icons";
import { Notice } from "../../ui/notice";
import { Panel } from "../../ui/panel";
import { copy } from "../../ui/toast";
import { ProtoBadge, sourceOf, StateBadge } from "../../ui/cells";
import { DataTable } from "../../ui/datatable";
import { openDialog } from "../../ui/dialog";
import { brush, marks } from "../overview/traffic";
import { NameDialog } from "./namedialog";

const LONGEST = 300;

type Groups = List<Group>;

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
		more: `${fmt.countShort(g.flows)} ${g.flows === 1 ? "flow" : "flows"}`,
		href: link(g),
		label:
			g.label && g.label !== g.key ? (
				<>
					<bdi class="strong">{safe(g.label)}</bdi>{" "}
					<span class="mono faint">{safe(g.key)}</span>
				</>
			) : (
				<span class="mono">{safe(g.key)}</span>
			),
		title: `${fmt.count(g.bytes.up)} bytes up, ${fmt.count(g.bytes.down)} bytes down`,
	}));
	return (
		<Panel
			title={title}
			help={help}
			area={area}
			open={href("/flows", { q: term, group: field, live: "both" })}
			table={() => ({
				head: [field, "Name", "Flows", "Up", "Down"],
				rows: items.map((g) => ({
					key: g.key,
					label: safe(g.key),
					href: link(g),
					cells: [
						safe(g.label),
						fmt.count(g.flows),
						fmt.bytes(g.bytes.up, units.value),
						fmt.bytes(g.bytes.down, units.value),
					],
					exact: [g.label, g.flows, g.bytes.up, g.bytes.down],
				})),
			})}
		>
			<Bars bars={bars} empty="Nothing is known." />
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
		const { t, up, down } = seen.peek();
		seen.value = {
			t: [...t, now.peek() / 1000].slice(-LONGEST),
			up: [...up, row.rate_bps.up].slice(-LONGEST),
			down: [...down, row.rate_bps.down].slice(-LONGEST),
		};
	}, [row]);
	return line ? { data: line, kept: true } : { data: seen.value, kept: false };
}

function Names({ names }: { names: HostDetail["names"] }) {
	if (!names.length) return <p class="faint">No name is known.</p>;
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
		{ filter: term, sort: "-rate_bps", limit: 1000, live: "live" },
		2,
	);
	const rates = useRates(ip, found);
	const name = found?.host;
	const totals = flows.data.value?.totals;
	const facts: [string, string, string?][] = [
		["Active flows", fmt.count(totals?.flows ?? found?.active)],
		["Peers", fmt.count(found?.peers)],
		["↑ Sent", fmt.bytes(found?.bytes.up, units.value), fmt.count(found?.bytes.up)],
		["↓ Received", fmt.bytes(found?.bytes.down, units.value), fmt.count(found?.bytes.down)],
		["First seen", fmt.clock(found?.first_seen), fmt.fullTime(found?.first_seen)],
		["Last seen", fmt.clock(found?.last_seen), fmt.fullTime(found?.last_seen)],
	];
	return (
		<div class="overview">
			<header class="host-head">
				<div>
					<p class="crumbs">
						<a href={href("/hosts")}>Hosts</a> <Icon name="right" size={12} />
					</p>
					<h1>
						{name ? (
							<bdi class="host-title" title={safe(name)}>
								{safe(name)}
							</bdi>
						) : (
							<span class="mono">{safe(ip)}</span>
						)}{" "}
						{found ? <span class="chip flat">{found.scope}</span> : null}
					</h1>
					<p class="faint">
						<span class="mono">{name ? safe(ip) : "\u00a0"}</span>
						{found?.host_from ? ` · ${sourceOf(found.host_from).help}` : ""}
					</p>
				</div>
				<span class="spring" />
				<button
					type="button"
					disabled={!found || whyNot() !== null}
					title={whyNot() ?? "Call this host by a name of yours"}
					onClick={() => {
						const given = found?.host_from === "operator" ? found.host : null;
						openDialog.value = () => <NameDialog ip={ip} given={given} />;
					}}
				>
					{found?.host_from === "operator" ? "Rename" : "Name it"}
				</button>
				<button type="button" class="icon-text" onClick={() => void copy(ip, ip)}>
					<Icon name="copy" />
					Copy
				</button>
				<a class="button" href={href("/flows", { q: term, live: "both" })}>
					<Icon name="flows" />
					Its flows
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
					title="Rate"
					help="What it sends and receives. Drag to choose a time for all pages."
					area="a-traffic"
					controls={
						<span class="faint panel-note">
							{rates.kept ? "" : "since this page was opened"}
						</span>
					}
				>
					<Bandwidth
						data={rates.data}
						height={160}
						label={`Rate of ${ip}`}
						marks={marks.value}
						onBrush={brush}
					/>
				</Panel>
				<GroupPanel
					title="Peers it goes to"
					help="Destinations of what it opened"
					area="a-src"
					groups={useGroups(filter.term("src.ip", ip), "dst.ip")}
					field="dst.ip"
					term={filter.term("src.ip", ip)}
				/>
				<GroupPanel
					title="Peers that come"
					help="Sources of what was opened to it"
					area="a-dst"
					groups={useGroups(filter.term("dst.ip", ip), "src.ip")}
					field="src.ip"
					term={filter.term("dst.ip", ip)}
				/>
				<GroupPanel
					title="Services"
					help="What is spoken"
					area="a-port"
					groups={useGroups(term, "service")}
					field="service"
					term={term}
				/>
				<GroupPanel
					title="Names asked for"
					help="Names in its hellos and requests"
					area="a-name"
					groups={useGroups(filter.term("src.ip", ip), "dst.host")}
					field="dst.host"
					term={filter.term("src.ip", ip)}
				/>
				<Panel title="Names of this host" help="How others call it" area="a-called">
					<Names names={found?.names ?? []} />
				</Panel>
				<Panel
					title="Busiest flows"
					help="By rate now"
					area="a-busy"
					open={href("/flows", { q: term })}
				>
					<DataTable
						label="Busiest flows"
						id={(f) => f.id}
						rows={(flows.data.value?.items ?? []).slice(0, 8)}
						columns={[
							{
								key: "peer",
								title: "Peer",
								wide: true,
								cell: (f) => {
									const end = f.src.ip === ip ? f.dst : f.src;
									return (
										<a class="host-link" href={`/flows/${f.id}`}>
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
								title: "Protocol",
								roomy: true,
								cell: (f) => <ProtoBadge proto={f.proto} l7={f.l7 ?? ""} />,
							},
							{
								key: "state",
								title: "State",
								roomy: true,
								cell: (f) => <StateBadge state={f.state} />,
							},
							{
								key: "bytes",
								title: "Bytes",
								end: true,
								cell: (f) =>
									fmt.bytes(
										f.counted_by && (f.bytes.up ?? 0) + (f.bytes.down ?? 0),
										units.value,
									),
							},
							{
								key: "rate",
								title: "Rate",
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
		<Notice icon="hosts" title={`Nothing to show of ${safe(ip)}`}>
			<p>The server says: {host.failed.value}.</p>
			<a href={href("/hosts")}>All hosts</a>
		</Notice>
	);
}
