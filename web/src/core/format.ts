// SPDX-License-Identifier: BSD-2-Clause
// Numbers as people read them, by Intl in the page's language: three significant digits with a unit,
// never "0.00". What the user chose (bits or bytes, SI or IEC) comes in as an argument. Prefixes and
// units are those of SI and IEC, which no language translates.

import { spoken } from "../words/chosen";
import { t } from "../words/t";

export interface Units {
	rate: "bits" | "bytes";
	base: "si" | "iec";
}

const DEFAULT_UNITS: Units = { rate: "bits", base: "si" };

const PREFIXES = {
	si: { step: 1000, names: ["", "k", "M", "G", "T", "P", "E"] },
	iec: { step: 1024, names: ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"] },
};

/** What stands where nothing is known. */
export const NONE = "–";

/** By how many digits there are after the point. */
const NUMBERS = [0, 1, 2].map(
	(digits) =>
		new Intl.NumberFormat(spoken.tag, {
			minimumFractionDigits: digits,
			maximumFractionDigits: digits,
			useGrouping: false,
		}),
);
const COUNTS = new Intl.NumberFormat(spoken.tag);
const TICKS = new Intl.NumberFormat(spoken.tag, { maximumFractionDigits: 2 });

const digitsOf = (abs: number): number => (abs >= 99.95 ? 0 : abs >= 9.995 ? 1 : 2);

/** Three significant digits without trailing zeros lost: 1.24, 12.4, 124. */
export const digits3 = (value: number): string => NUMBERS[digitsOf(Math.abs(value))]!.format(value);

function scaled(value: number, unit: string, base: "si" | "iec", write = digits3): string {
	const { step, names } = PREFIXES[base];
	let power = 0;
	let rest = value;
	while (Math.abs(rest) >= step && power < names.length - 1) {
		rest /= step;
		power++;
	}
	if (power === 0) return `${Math.round(rest)} ${unit}`;
	// 999.6 k would print as 1000 k
	if (Math.abs(rest) >= step - 0.5 && power < names.length - 1) {
		rest /= step;
		power++;
	}
	return `${write(rest)} ${names[power]}${unit}`;
}

export function bytes(value: number | null | undefined, units = DEFAULT_UNITS): string {
	return value == null ? NONE : scaled(value, "B", units.base);
}

/** A rate in bits per second, shown in the unit that the user chose. */
export function rate(
	bps: number | null | undefined,
	units = DEFAULT_UNITS,
	write = digits3,
): string {
	if (bps == null) return NONE;
	return units.rate === "bits"
		? scaled(bps, "bit/s", units.base, write)
		: scaled(bps / 8, "B/s", units.base, write);
}

/** A round rate on an axis: 20 Mbit/s, not 20.0 Mbit/s. */
export function rateTick(bps: number, units = DEFAULT_UNITS): string {
	return bps === 0
		? "0"
		: rate(bps, units, (n) => TICKS.format(Number(n.toFixed(digitsOf(Math.abs(n))))));
}

export function count(value: number | null | undefined): string {
	return value == null ? NONE : COUNTS.format(value);
}

/** 18,230 stays exact; a million and more is 1.24 M. */
export function countShort(value: number | null | undefined): string {
	if (value == null) return NONE;
	return value < 100000 ? count(value) : scaled(value, "", "si").trim();
}

const SPANS: [unit: string, size: number][] = [
	[t("format.d"), 86400],
	[t("format.h"), 3600],
	[t("format.m"), 60],
	[t("format.s"), 1],
];

/** The two largest parts: 2h 15m, 45m 3s, 12s; under a second in ms. */
export function duration(ms: number | null | undefined): string {
	if (ms == null) return NONE;
	if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
	let rest = Math.floor(ms / 1000);
	const parts: string[] = [];
	for (const [name, size] of SPANS) {
		const n = Math.floor(rest / size);
		if (n === 0 && parts.length === 0) continue;
		rest -= n * size;
		if (n > 0) parts.push(`${n}${name}`);
		else break;
		if (parts.length === 2) break;
	}
	return parts.join(" ");
}

/** The same down to parts of a millisecond. */
export function durationFine(ms: number): string {
	return ms < 10 ? `${digits3(ms)} ms` : duration(ms);
}

/** Of microseconds, to 3 digits: 134 µs, 29.3 ms. */
export function micros(us: number): string {
	return us < 1000
		? `${us} µs`
		: us < 1_000_000
			? `${digits3(us / 1000)} ms`
			: duration(us / 1000);
}

export function percent(part: number, whole: number): string {
	if (whole <= 0) return NONE;
	const value = (100 * part) / whole;
	if (value > 0 && value < 0.1) return `<${NUMBERS[1]!.format(0.1)} %`;
	return `${NUMBERS[value > 0 && value < 9.95 ? 1 : 0]!.format(value)} %`;
}

const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const;
const CLOCKS = {
	minutes: new Intl.DateTimeFormat(spoken.tag, { ...CLOCK, second: undefined }),
	seconds: new Intl.DateTimeFormat(spoken.tag, CLOCK),
	ms: new Intl.DateTimeFormat(spoken.tag, { ...CLOCK, fractionalSecondDigits: 3 }),
};

/** 14:03:09 in the viewer's own zone. */
export function clock(
	time: string | number | Date | null | undefined,
	to: keyof typeof CLOCKS = "seconds",
): string {
	if (time == null) return NONE;
	const date = new Date(time);
	return Number.isNaN(date.getTime()) ? NONE : CLOCKS[to].format(date);
}

const DAYS = new Intl.DateTimeFormat(spoken.tag, { day: "numeric", month: "short" });

/** 29 Nov, in the viewer's own zone. */
export const day = (time: number): string => DAYS.format(time);

const TODAY_MS = 86_400_000;

/** 14:03:09; more than a day ago 29 Nov 14:03:09. */
export const moment = (time: number): string =>
	Date.now() - time < TODAY_MS ? clock(time) : `${day(time)} ${clock(time)}`;

/** 2026-11-21 14:03:09.123 +07:00, in each language: for titles, where no doubt may be left. */
export function fullTime(time: string | number | Date | null | undefined): string {
	if (time == null) return NONE;
	const date = new Date(time);
	if (Number.isNaN(date.getTime())) return NONE;
	const two = (n: number, digits = 2) => String(n).padStart(digits, "0");
	const off = -date.getTimezoneOffset();
	const sign = off < 0 ? "-" : "+";
	const abs = Math.abs(off);
	return (
		`${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ` +
		`${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${two(date.getMilliseconds(), 3)} ${sign}${two(Math.floor(abs / 60))}:${two(abs % 60)}`
	);
}

const AGO = new Intl.RelativeTimeFormat(spoken.tag, { style: "narrow" });
const AGES: [unit: Intl.RelativeTimeFormatUnit, ms: number][] = [
	["day", 86_400_000],
	["hour", 3_600_000],
	["minute", 60_000],
	["second", 1000],
];

/** 3s ago, 4min ago: coarse on purpose, the title has the exact time. */
export function ago(time: string | null | undefined, now: number): string {
	if (!time) return NONE;
	const ms = now - Date.parse(time);
	const [unit, size] = AGES.find(([, least]) => ms >= least) ?? AGES[AGES.length - 1]!;
	return ms < 1500 ? t("format.now") : AGO.format(-Math.floor(ms / size), unit);
}
