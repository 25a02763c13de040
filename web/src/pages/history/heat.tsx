// SPDX-License-Identifier: BSD-2-Clause
// When of the week it is busy: a cell an hour, the darker the more.

import type { HistoryHeat } from "../../api/types";
import { SHADES, shadeOf, shadesOf } from "../../charts/shades";
import * as fmt from "../../core/format";
import { units } from "../../core/settings";
import { period } from "../../data/period";
import { usePolled } from "../../data/polled";
import { Panel, type Table } from "../../ui/panel";
import { spoken } from "../../words/chosen";
import { t } from "../../words/t";

const MONDAY = Date.UTC(2024, 0, 1);
const DAY_MS = 86_400_000;
const HOURS = Array.from({ length: 24 }, (_, i) => i);
const LABELLED = 3; // every third hour, or phones have no room

const weekday = new Intl.DateTimeFormat(spoken.tag, { weekday: "short", timeZone: "UTC" });
const dayName = (day: number) => weekday.format(MONDAY + day * DAY_MS);
const hourName = (hour: number) => `${String(hour).padStart(2, "0")}:00`;

const say = (rate: number | null) => fmt.rate(rate, units.value);

function tableOf(days: HistoryHeat["rate_bps"]): Table {
	return {
		head: ["", ...HOURS.map(hourName)],
		rows: days.map((hours, day) => ({
			key: String(day),
			name: dayName(day),
			label: dayName(day),
			cells: hours.map(say),
			exact: hours,
		})),
	};
}

function Cell({
	rate,
	day,
	hour,
	shades,
}: {
	rate: number | null;
	day: number;
	hour: number;
	shades: number[];
}) {
	const words = `${dayName(day)} ${hourName(hour)}: ${rate === null ? t("history.notWatched") : say(rate)}`;
	return (
		<td
			class={rate === null ? "" : rate > 0 ? `shade-${shadeOf(rate, shades)}` : "idle"}
			title={words}
		>
			<span class="visually-hidden">{words}</span>
		</td>
	);
}

function Grid({ days, shades }: { days: HistoryHeat["rate_bps"]; shades: number[] }) {
	return (
		<table class="heat">
			<caption class="visually-hidden">{t("history.heat")}</caption>
			<thead>
				<tr>
					<td />
					{HOURS.map((hour) => (
						<th key={hour} scope="col">
							<span class={hour % LABELLED ? "visually-hidden" : ""}>{hour}</span>
						</th>
					))}
				</tr>
			</thead>
			<tbody>
				{days.map((hours, day) => (
					<tr key={day}>
						<th scope="row">{dayName(day)}</th>
						{hours.map((rate, hour) => (
							<Cell key={hour} rate={rate} day={day} hour={hour} shades={shades} />
						))}
					</tr>
				))}
			</tbody>
		</table>
	);
}

const Legend = ({ shades }: { shades: number[] }) => (
	<ul class="world-legend">
		{shades.map((from, i) => (
			<li key={from}>
				<i class={`shade-${SHADES - i}`} aria-hidden="true" /> ≥ {say(from)}
			</li>
		))}
	</ul>
);

export function Heat() {
	const data = usePolled<HistoryHeat>(
		"history/heat",
		{ by: "total", tz_min: -new Date().getTimezoneOffset(), ...period.value },
		60,
	).data.value;
	const days = data?.rate_bps ?? [];
	const shades = shadesOf(Math.max(0, ...days.flat().map((rate) => rate ?? 0)));
	return (
		<Panel
			title={t("history.heat")}
			help={t("history.heatHelp")}
			area="a-heat"
			table={() => tableOf(days)}
		>
			{days.length ? (
				<>
					<Grid days={days} shades={shades} />
					<Legend shades={shades} />
				</>
			) : (
				<p class="faint panel-empty chart-empty">{t("word.loading")}</p>
			)}
		</Panel>
	);
}
