// SPDX-License-Identifier: BSD-2-Clause
// A period on paper: what moved, who moved it, what changed, how well it went and what was lost. The
// browser's print makes a PDF of it.

import type { HistoryQuality, HistoryQualityOf } from "../../api/schema";
import type { Health, HistoryTop, Series } from "../../api/types";
import { hello, now } from "../../api/state";
import { Bandwidth } from "../../charts/bandwidth";
import * as fmt from "../../core/format";
import { units } from "../../core/settings";
import { safe } from "../../core/text";
import { keepsHistory } from "../../core/time";
import { useDeviceNames } from "../../data/devicenames";
import { useHostNames } from "../../data/hostnames";
import { period } from "../../data/period";
import { usePolled } from "../../data/polled";
import { linesOf, rateOf } from "../../data/series";
import { Icon } from "../../ui/icons";
import { Awaited, Notice } from "../../ui/notice";
import { Heat } from "../history/heat";
import { BY, bytesOf, changeOf, nameOf } from "../history/most";
import { t } from "../../words/t";

const LISTED = 8;
const EVERY_S = 60;
const KINDS = ["device", "host", "name", "network", "country", "service", "process"];

const size = (n: number | null) => fmt.bytes(n, units.value);

const useTop = (by: string, sort: string, limit = LISTED) =>
	usePolled<HistoryTop>(
		"history/top",
		{ by, sort, limit, compare: "previous", ...period.value },
		EVERY_S,
	);

function Totals({ top }: { top: HistoryTop }) {
	const { total } = top;
	const facts: [string, string][] = [
		[t("word.upload"), size(total.bytes.up)],
		[t("word.download"), size(total.bytes.down)],
		[t("report.packets"), fmt.countShort(total.packets.up + total.packets.down)],
		[t("history.before"), size(bytesOf(total.before))],
		[t("history.change"), changeOf(bytesOf(total) ?? 0, bytesOf(total.before))],
	];
	return (
		<dl class="report-totals">
			{facts.map(([name, value]) => (
				<div key={name}>
					<dt>{name}</dt>
					<dd>{value}</dd>
				</div>
			))}
		</dl>
	);
}

function List({ by, sort }: { by: string; sort: "bytes" | "change" }) {
	const top = useTop(by, sort).data.value;
	const items = top?.items.filter((item) => item.key !== null) ?? [];
	const hosts = useHostNames(by === "host" ? items.flatMap(({ key }) => key ?? []) : []);
	const devices = useDeviceNames(by === "device");
	const names = by === "device" ? devices : hosts;
	if (!top || !items.length) return null;
	const title = BY.find(([key]) => key === by)?.[1] ?? by;
	const all = bytesOf(top.total) ?? 0;
	return (
		<section class="report-list">
			<h3>{title}</h3>
			<table class="small">
				<tbody>
					{items.map((item) => (
						<tr key={item.key}>
							<th scope="row">
								<bdi>{safe(nameOf(by, item.key, names))}</bdi>
							</th>
							<td>{size(bytesOf(item))}</td>
							{sort === "bytes" ? (
								<td class="roomy">{fmt.percent(bytesOf(item) ?? 0, all)}</td>
							) : null}
							<td>{changeOf(bytesOf(item) ?? 0, bytesOf(item.before))}</td>
						</tr>
					))}
				</tbody>
			</table>
		</section>
	);
}

function Course() {
	const series = usePolled<Series>("history/series", { by: "total", ...period.value }, EVERY_S)
		.data.value;
	const data = series && rateOf(linesOf(series), "");
	return data ? <Bandwidth data={data} height={180} label={t("overview.bandwidth")} /> : null;
}

const ms = (value: number | null) => (value === null ? fmt.NONE : fmt.durationFine(value));

function How({ label, of }: { label: string; of: HistoryQualityOf }) {
	return (
		<tr>
			<th scope="row">
				<bdi>{label}</bdi>
			</th>
			<td>{ms(of.latency_ms.p50)}</td>
			<td>{ms(of.latency_ms.p90)}</td>
			<td class="roomy">{ms(of.jitter_ms.p90)}</td>
			<td>{of.loss === null ? fmt.NONE : fmt.percent(of.loss, 1)}</td>
		</tr>
	);
}

/** The slowest of the period; and all of them together. */
function Slowest({ by }: { by: string }) {
	const data = usePolled<HistoryQuality>(
		"history/quality",
		{ by, limit: LISTED, ...period.value },
		EVERY_S,
	).data.value;
	const items = data?.items.flatMap((one) => (one.key ? [{ ...one, key: one.key }] : [])) ?? [];
	const names = useHostNames(by === "host" ? items.map(({ key }) => key) : []);
	if (!data) return null;
	if (!data.total) return <p>{t("quality.none")}</p>;
	return (
		<table class="small">
			<thead>
				<tr>
					<th scope="col">{BY.find(([key]) => key === by)?.[1]}</th>
					<th scope="col">{t("quality.half")}</th>
					<th scope="col">{t("quality.most")}</th>
					<th scope="col" class="roomy">
						{t("quality.jitter")}
					</th>
					<th scope="col">{t("quality.loss")}</th>
				</tr>
			</thead>
			<tbody>
				<How label={t("word.all")} of={data.total} />
				{items.map((one) => (
					<How key={one.key} label={safe(nameOf(by, one.key, names))} of={one} />
				))}
			</tbody>
		</table>
	);
}

function Losses() {
	const health = usePolled<Health>("health", {}, EVERY_S).data.value;
	if (!health) return null;
	const lost = Object.entries(health.counters).filter(([, { loss, value }]) => loss && value);
	if (!lost.length) return <p>{t("report.nothingLost")}</p>;
	return (
		<ul>
			{lost.map(([name, { value, help }]) => (
				<li key={name}>
					{fmt.count(value)}: {safe(help)}
				</li>
			))}
		</ul>
	);
}

function Report({ top }: { top: HistoryTop }) {
	const span = `${fmt.fullTime(top.of.since).slice(0, 16)} – ${fmt.fullTime(top.of.until).slice(0, 16)}`;
	const links = hello.value?.interfaces.map(({ name }) => safe(name)).join(", ");
	return (
		<article class="report">
			<header>
				<h1>{t("report.title")}</h1>
				<button type="button" class="icon-text" onClick={() => print()}>
					<Icon name="export" /> {t("report.print")}
				</button>
				<p>{span}</p>
				<p class="faint">
					{t("report.madeBy", {
						time: fmt.fullTime(now.peek()).slice(0, 16),
						version: hello.value?.version ?? "",
						interfaces: links ?? "",
					})}
				</p>
			</header>
			<Totals top={top} />
			<Course />
			<h2>{t("report.who")}</h2>
			<div class="report-lists">
				{KINDS.map((by) => (
					<List key={by} by={by} sort="bytes" />
				))}
			</div>
			<h2>{t("report.changes")}</h2>
			<div class="report-lists">
				{["host", "name", "network"].map((by) => (
					<List key={by} by={by} sort="change" />
				))}
			</div>
			<Heat />
			<h2>{t("report.quality")}</h2>
			<Slowest by="network" />
			<Slowest by="host" />
			<h2>{t("report.lost")}</h2>
			<Losses />
		</article>
	);
}

export function ReportPage() {
	const polled = useTop("total", "bytes", 1);
	if (!keepsHistory.value && hello.value)
		return (
			<Notice icon="history" title={t("report.noHistory")}>
				<p>{t("report.noHistoryHelp")}</p>
			</Notice>
		);
	if (polled.data.value) return <Report top={polled.data.value} />;
	return (
		<Awaited failed={polled.failed.value} title={t("history.cannotAsk")}>
			<p class="faint panel-empty">{t("word.loading")}</p>
		</Awaited>
	);
}
