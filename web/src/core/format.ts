// SPDX-License-Identifier: BSD-2-Clause
// Numbers as people read them: three significant digits with a unit, never "0.00".
// Pure; what the user chose (bits or bytes, SI or IEC) comes in as an argument.

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

/** Three significant digits without trailing zeros lost: 1.24, 12.4, 124. */
export function digits3(value: number): string {
	const abs = Math.abs(value);
	if (abs >= 99.95) return value.toFixed(0);
	if (abs >= 9.995) return value.toFixed(1);
	return value.toFixed(2);
}

function scaled(value: number, unit: string, base: "si" | "iec"): string {
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
	return `${digits3(rest)} ${names[power]}${unit}`;
}

export function bytes(value: number | null | undefined, units = DEFAULT_UNITS): string {
	return value == null ? NONE : scaled(value, "B", units.base);
}

/** A rate in bits per second, shown in the unit that the user chose. */
export function rate(bps: number | null | undefined, units = DEFAULT_UNITS): string {
	if (bps == null) return NONE;
	return units.rate === "bits"
		? scaled(bps, "bit/s", units.base)
		: scaled(bps / 8, "B/s", units.base);
}

/** A round rate on an axis: 20 Mbit/s, not 20.0 Mbit/s. */
export function rateTick(bps: number, units = DEFAULT_UNITS): string {
	return bps === 0
		? "0"
		: rate(bps, units).replace(/(\.\d*?)0+ /, (_, kept: string) =>
				kept === "." ? " " : `${kept} `,
			);
}

export function count(value: number | null | undefined): string {
	return value == null ? NONE : value.toLocaleString("en-US");
}

/** 18,230 stays exact; a million and more is 1.24 M. */
export function countShort(value: number | null | undefined): string {
	if (value == null) return NONE;
	return value < 100000 ? count(value) : scaled(value, "", "si").trim();
}

const SPANS: [string, number][] = [
	["d", 86400],
	["h", 3600],
	["m", 60],
	["s", 1],
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
	if (value > 0 && value < 0.1) return "<0.1 %";
	return `${value > 0 && value < 9.95 ? value.toFixed(1) : value.toFixed(0)} %`;
}

/** 14:03:09 in the viewer's own zone. */
export function clock(time: string | number | Date | null | undefined, ms = false): string {
	if (time == null) return NONE;
	const date = new Date(time);
	if (Number.isNaN(date.getTime())) return NONE;
	const two = (n: number) => String(n).padStart(2, "0");
	const text = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
	return ms ? `${text}.${String(date.getMilliseconds()).padStart(3, "0")}` : text;
}

/** 2026-11-21 14:03:09 +07:00: for titles, where no doubt may be left. */
export function fullTime(time: string | number | Date | null | undefined): string {
	if (time == null) return NONE;
	const date = new Date(time);
	if (Number.isNaN(date.getTime())) return NONE;
	const two = (n: number) => String(n).padStart(2, "0");
	const off = -date.getTimezoneOffset();
	const sign = off < 0 ? "-" : "+";
	const abs = Math.abs(off);
	return (
		`${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ` +
		`${clock(date, true)} ${sign}${two(Math.floor(abs / 60))}:${two(abs % 60)}`
	);
}

/** 3 s ago, 4m ago: coarse on purpose, the title has the exact time. */
export function ago(time: string | null | undefined, now: number): string {
	if (!time) return NONE;
	const ms = now - Date.parse(time);
	return ms < 1500 ? t("format.now") : t("format.ago", { time: duration(ms).split(" ")[0]! });
}
