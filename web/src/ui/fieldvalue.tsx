// SPDX-License-Identifier: BSD-2-Clause
// A value as its field's line in the table of fields says: for columns and the drawer alike.

import type { ComponentChildren } from "preact";
import type { Field, Value } from "../api/types";
import * as fmt from "../core/format";
import { units } from "../core/settings";
import { wordHelp, written } from "./cells";
import { labelOf, t } from "../words/t";

type Type = Field["type"];

const NUMERIC = new Set<Type>([
	"bytes",
	"rate",
	"packets",
	"int",
	"duration",
	"share",
	"time",
	"port",
]);

export const isNumeric = (field: Field): boolean => NUMERIC.has(field.type);

export const textOf = (value: Value): string =>
	value === null ? "" : Array.isArray(value) ? value.join(", ") : String(value);

const MS: Record<string, number> = { ms: 1, s: 1000 };

function duration(value: number, field: Field): string {
	const ms = value * (MS[field.unit ?? "ms"] ?? 1);
	return field.decimals ? fmt.durationFine(ms) : fmt.duration(ms);
}

const NUMBERS: Partial<Record<Type, (value: number, field: Field) => string>> = {
	bytes: (v) => fmt.bytes(v, units.value),
	rate: (v) => fmt.rate(v, units.value),
	packets: (v) => fmt.count(v),
	// what has no unit is a name made of digits
	int: (v, field) => (field.unit ? fmt.count(v) : String(v)),
	share: (v) => fmt.percent(v, 1),
	duration,
};

const MONO = new Set<Type>(["ip", "endpoint", "id"]);

/** Addresses: all letters as wide. */
export const isMono = (field: Field | undefined): boolean => !!field && MONO.has(field.type);

/** What is written, and what is said of it when pointed at. */
function told(field: Field, value: Value): [string, string | undefined] {
	if (value === null || value === "") return [fmt.NONE, undefined];
	if (typeof value === "boolean") return [value ? t("word.yes") : t("word.no"), undefined];
	if (field.type === "time") return [fmt.clock(textOf(value)), fmt.fullTime(textOf(value))];
	const number = typeof value === "number" ? NUMBERS[field.type] : undefined;
	if (number)
		return [
			number(value as number, field),
			`${fmt.count(value as number)} ${labelOf(`unit ${field.unit}`, field.unit ?? "")}`,
		];
	const text = written(field.name, textOf(value));
	return [text, wordHelp(field.name, textOf(value)) ?? text];
}

export function FieldValue({ field, value }: { field: Field; value: Value }): ComponentChildren {
	const [text, title] = told(field, value);
	const kind = `${isNumeric(field) ? "" : "cut"}${isMono(field) ? " mono" : ""}${text === fmt.NONE ? " faint" : ""}`;
	return (
		<span class={kind} title={title}>
			{text}
		</span>
	);
}
