// SPDX-License-Identifier: BSD-2-Clause
// Map: in which countries one end of the flows is, by bytes, rate or flows; and the same as a list.

import type { Database, Group, List } from "../../api/types";
import { type Bar, Bars } from "../../charts/bars";
import { SHADES, shadeOf, shadesOf } from "../../charts/shades";
import { countryName, flagShown } from "../../core/country";
import * as filter from "../../core/filter";
import * as fmt from "../../core/format";
import { flowsWith, globalFilter } from "../../core/pagefilter";
import { href, param, setParams } from "../../core/route";
import type { End } from "../../core/scope";
import { units } from "../../core/settings";
import { safe } from "../../core/text";
import { wordsOf } from "../../data/fields";
import { usePolled } from "../../data/polled";
import { scopeName } from "../../ui/cells";
import { ActButton } from "../../ui/actmenu";
import { part } from "../../ui/later";
import { Notice } from "../../ui/notice";
import { Panel, type Table } from "../../ui/panel";
import { Segment } from "../../ui/segment";
import { liveOf, type Metric, METRICS, say, valueOf } from "../overview/metric";
import { isCountry, type Place, placesOf, PRIVATE, termOf } from "./places";
import { listed, t } from "../../words/t";

const World = part(() => import("./picture")).later((picture) => picture.World);

const LISTED = 14;
const metric = param("metric", "bytes");
const end = param("end", "dst");
const scope = param("scope", "all");

const ENDS: [End, string][] = [
	["dst", t("word.destination")],
	["src", t("word.source")],
];
const TITLES: Record<End, string> = {
	dst: t("map.ofDestinations"),
	src: t("map.ofSources"),
};

const measure = () => (METRICS.some(([key]) => key === metric.value) ? metric.value : "bytes");
const side = () => (end.value === "src" ? "src" : "dst");

/** What is not its default stands in the address. */
const keep = (name: string, usual: string) => (key: string) =>
	setParams({ [name]: key === usual ? null : key });

function Controls() {
	return (
		<div class="toolbar-row">
			<Segment
				label={t("map.end")}
				value={side()}
				options={ENDS}
				onPick={keep("end", "dst")}
			/>
			<Segment
				label={t("paths.measure")}
				value={measure()}
				options={METRICS}
				onPick={keep("metric", "bytes")}
			/>
			<label class="picker">
				<span>{t("flows.scope")}</span>
				<select
					name="scope"
					aria-label={t("flows.scope")}
					value={scope.value}
					onChange={(event) => keep("scope", "all")(event.currentTarget.value)}
				>
					<option value="all">{t("word.all")}</option>
					{wordsOf("scope").map((word) => (
						<option key={word} value={word}>
							{scopeName(word)}
						</option>
					))}
				</select>
			</label>
		</div>
	);
}

function nameOf(key: string): string {
	if (isCountry(key)) return countryName(key);
	return key === PRIVATE ? t("map.private") : t("map.unknown");
}

function Label({ place: { key } }: { place: Place }) {
	if (!isCountry(key)) return <span class="faint">{nameOf(key)}</span>;
	const flag = flagShown(key);
	return (
		<>
			{flag ? <span aria-hidden="true">{flag} </span> : null}
			<bdi class="strong">{safe(countryName(key))}</bdi>{" "}
			<span class="mono faint">{safe(key)}</span>
		</>
	);
}

const ofCountry = (key: string) => [
	{
		label: t("acts.ofCountry", { name: safe(countryName(key)) }),
		what: `${filter.term("dst.country", key)} or ${filter.term("src.country", key)}`,
	},
];

const flowsWord = (n: number) => t("word.nFlows", { n, count: fmt.countShort(n) });

function linkOf(by: Metric, place: Place): string {
	return flowsWith(termOf(place.key, side()), {
		live: by === "bytes" ? "both" : null,
		scope: scope.value,
	});
}

const wordsFor = (by: Metric, place: Place): string =>
	`${safe(nameOf(place.key))}: ${listed(
		say(by, valueOf(by, place)),
		by !== "count" && flowsWord(place.count),
	)}`;

function barOf(by: Metric, place: Place): Bar {
	return {
		key: place.key,
		label: <Label place={place} />,
		value: valueOf(by, place),
		text: say(by, valueOf(by, place)),
		more: by === "count" ? fmt.bytes(place.bytes, units.value) : flowsWord(place.count),
		href: linkOf(by, place),
		title: wordsFor(by, place),
		...(isCountry(place.key) ? { act: <ActButton targets={ofCountry(place.key)} /> } : {}),
		...(isCountry(place.key) ? {} : { tint: "k-none" }),
	};
}

function tableOf(by: Metric, places: Place[]): Table {
	return {
		head: [
			t("map.country"),
			t("word.flows"),
			t("word.bytes"),
			t("hosts.sent"),
			t("hosts.received"),
			t("word.rate"),
		],
		rows: places.map((place) => ({
			key: place.key,
			name: nameOf(place.key),
			label: <Label place={place} />,
			href: linkOf(by, place),
			cells: [
				fmt.count(place.count),
				...[place.bytes, place.sent, place.received].map((n) => fmt.bytes(n, units.value)),
				fmt.rate(place.rate_bps, units.value),
			],
			exact: [place.count, place.bytes, place.sent, place.received, place.rate_bps],
		})),
	};
}

function legendOf(by: Metric, shades: number[], values: number[]) {
	const last = shades.at(-1);
	const rest = last !== undefined && values.some((value) => value < last);
	return [
		...shades.map((from, i) => ({ shade: SHADES - i, words: `≥ ${say(by, from)}` })),
		...(rest ? [{ shade: SHADES - shades.length, words: `< ${say(by, last)}` }] : []),
	];
}

function Picture({ by, places }: { by: Metric; places: Place[] }) {
	const countries = places.filter(({ key }) => isCountry(key));
	const values = countries.map((place) => valueOf(by, place));
	const shades = shadesOf(Math.max(0, ...values), by === "count" ? 0.5 : 0);
	return (
		<World
			countries={countries.map((place, i) => ({
				code: place.key,
				shade: shadeOf(values[i]!, shades),
				words: wordsFor(by, place),
				href: linkOf(by, place),
			}))}
			legend={legendOf(by, shades, values)}
		/>
	);
}

/** Whose data it is; some licences want it to be said where the data is shown. */
function Credits({ databases }: { databases: Database[] }) {
	const credits = new Set(databases.flatMap((one) => (one.in_use && one.credit) || []));
	return (
		<p class="faint world-credits">
			{[t("map.outlines"), ...credits].map((credit) => (
				<span key={credit}>{safe(credit)}</span>
			))}
		</p>
	);
}

function NoData({ databases }: { databases: Database[] }) {
	return (
		<Notice icon="map" title={t("map.noData")}>
			<p>{t("map.noDataHelp")}</p>
			<pre>
				<code>sudo make geo</code>
			</pre>
			{databases.map(({ file, error }) => (
				<p key={file} class="bad-text wrap">
					{safe(file)}: {safe(error)}
				</p>
			))}
		</Notice>
	);
}

function Panels({ databases, groups }: { databases: Database[]; groups: Group[] | null }) {
	const by = measure() as Metric;
	const places = placesOf(groups ?? [], side())
		.filter((place) => by !== "rate" || place.rate_bps > 0)
		.sort((a, b) => valueOf(by, b) - valueOf(by, a) || (a.key < b.key ? -1 : 1));
	const table = () => tableOf(by, places);
	const open = href("/flows", { group: `${side()}.country`, scope: scope.value });
	return (
		<div class="panels">
			<Panel
				title={TITLES[side()]}
				help={t("map.help")}
				area="a-map"
				table={table}
				open={open}
			>
				<Picture by={by} places={places} />
				<Credits databases={databases} />
			</Panel>
			<Panel title={t("map.countries")} help={t("map.help")} area="a-countries" open={open}>
				{groups ? (
					<Bars
						bars={places.slice(0, LISTED).map((place) => barOf(by, place))}
						empty={t("overview.noFlows")}
					/>
				) : (
					<p class="faint panel-empty">{t("word.loading")}</p>
				)}
			</Panel>
		</div>
	);
}

export function MapPage() {
	const geo = usePolled<{ items: Database[] }>("geo", {}, 10);
	const databases = geo.data.value?.items ?? [];
	const known = databases.some((one) => one.in_use);
	const polled = usePolled<List<Group>>(
		known ? "flows" : null,
		{
			group_by: `${side()}.country,scope`,
			live: liveOf(measure() as Metric),
			scope: scope.value,
			filter: globalFilter.value || null,
			limit: 1000,
		},
		2,
	);
	const failed = geo.failed.value ?? polled.failed.value;
	const none = geo.data.value !== null && !known;
	return (
		<div class="overview">
			<div class="listing-head paths-head">
				<h1>{t("map.title")}</h1>
				{none ? null : <Controls />}
			</div>
			{none ? (
				<NoData databases={databases} />
			) : failed && !polled.data.value ? (
				<Notice icon="warn" title={t("map.cannotShow")}>
					<p>{failed}</p>
				</Notice>
			) : (
				<Panels databases={databases} groups={polled.data.value?.items ?? null} />
			)}
		</div>
	);
}
