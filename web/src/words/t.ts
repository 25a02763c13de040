// SPDX-License-Identifier: BSD-2-Clause
// The words of the page by key. Home Assistant and Grafana keep one file a language and load it when
// it is asked for; both need a library for it. Here a key and its holes are types made from the
// English file, so what is missing or misspelt does not compile, and Intl does the rest.

import type { ComponentChildren } from "preact";
import { type English, type Forms, type Key, spoken } from "./chosen";

type HolesOf<S> = S extends `${string}{${infer Hole}}${infer Rest}` ? Hole | HolesOf<Rest> : never;
/** Of a text with forms: what fills all of them, and how many there are. */
type Holes<T> = T extends { other: infer Other } ? HolesOf<Other> | "n" : HolesOf<T>;
type Filled<K extends Key, V> = [Holes<English[K]>] extends [never]
	? []
	: [holes: { [H in Holes<English[K]>]: V }];
type Value = string | number;

const { words, fields, helps, tag } = spoken;
const plurals = new Intl.PluralRules(tag);
const numbers = new Intl.NumberFormat(tag);
const list = new Intl.ListFormat(tag, { type: "unit" });

/** The label of a field or section of the server's, which says it in English. */
export const labelOf = (name: string, english: string): string => fields[name] ?? english;

/** What the server says in English of a field. */
export const helpOf = (english: string): string => helps[english] ?? english;

/** What is there of these, one after the other. */
export const listed = (...parts: (string | false | null | undefined)[]): string =>
	list.format(parts.filter((part): part is string => !!part));

function patternOf(key: Key, n: unknown): string {
	const text: string | Forms = words[key];
	if (typeof text === "string") return text;
	return (typeof n === "number" && text[plurals.select(n)]) || text.other;
}

const HOLE = /\{(\w+)\}/;

/** A text, with what stands in its holes; numbers as the language writes them. */
export function t<K extends Key>(key: K, ...[holes]: Filled<K, Value>): string {
	const fill: Record<string, Value> = holes ?? {};
	return patternOf(key, fill.n).replace(new RegExp(HOLE, "g"), (_, name: string) => {
		const value = fill[name] ?? "";
		return typeof value === "number" ? numbers.format(value) : value;
	});
}

/** The same where something else than text stands in a hole: code, a link; numbers as `number` has them. */
export function rich<K extends Key>(
	key: K,
	holes: { [H in Holes<English[K]>]: ComponentChildren },
	number: (text: string) => ComponentChildren = (text) => text,
): ComponentChildren[] {
	const fill: Record<string, ComponentChildren> = holes;
	return patternOf(key, fill.n)
		.split(HOLE)
		.map((part, i) => {
			const value = i % 2 ? fill[part] : part;
			return typeof value === "number" ? number(numbers.format(value)) : value;
		});
}
