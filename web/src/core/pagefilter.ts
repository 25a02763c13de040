// SPDX-License-Identifier: BSD-2-Clause
// The filter that all pages share: the box in the top bar (?q=), the interface picker (?iface=),
// the chosen time and the four quick filters, as one text of the filter language.

import { computed, signal } from "@preact/signals";
import * as filter from "./filter";
import { go, href, param, params, path, setParams } from "./route";
import { between, memoryTerm, timeTerm } from "./time";

export const q = param("q");
export const iface = param("iface");
const quickNames = ["proto", "state", "ip", "port"] as const;

export const quick = computed<filter.Quick>(() => {
	const found: filter.Quick = {};
	for (const name of quickNames) {
		const value = params.value.get(name);
		if (value) found[name] = value;
	}
	return found;
});

/** What the whole page is filtered by. */
export const globalFilter = computed(() =>
	filter.all(q.value, ...filter.quickTerms({ iface: iface.value }), memoryTerm.value),
);

const ownTerms = computed(() => [
	...filter.terms(q.value),
	...filter.quickTerms({ ...quick.value, iface: iface.value }),
]);
const withTerm = (terms: string[], time: string) => (time ? [...terms, time] : terms);

/** The terms of the Flows page: the global one, the quick filters and the time. */
export const flowTerms = computed(() => withTerm(ownTerms.value, timeTerm.value));

/** Those that the server is asked by. */
export const askedTerms = computed(() => withTerm(ownTerms.value, memoryTerm.value));
export const flowFilter = computed(() => filter.all(...askedTerms.value));

/** A filter is being typed: what matches nothing may be half a word, and rows of before stay. */
export const tryingOut = signal(false);

export function setQ(text: string): void {
	setParams({ q: text.trim() || null });
}

/** Add a term to the filter; from another page it opens Flows. */
export function include(term: string): void {
	const next = filter.add(q.value, term);
	if (path.value === "/flows") setParams({ q: next }, true);
	else go(href("/flows", { q: next }));
}

export function exclude(term: string): void {
	include(filter.exclude(term));
}

/** The address of Flows with one more term. */
export function flowsWith(term: string, more: Record<string, string | null> = {}): string {
	return href("/flows", { q: filter.add(q.value, term), ...more });
}

/** Take away the term with this number of flowTerms. */
export function dropTerm(index: number): void {
	const own = filter.terms(q.value);
	if (index < own.length) {
		setParams({ q: filter.without(q.value, index) || null }, true);
		return;
	}
	const time = timeTerm.value ? [between.value ? "at" : "range"] : [];
	const rest = [...[...quickNames, "iface"].filter((name) => params.value.get(name)), ...time];
	const name = rest[index - own.length];
	if (name) setParams({ [name]: null }, true);
}

export function clearFilters(): void {
	setParams(
		{
			q: null,
			iface: null,
			at: null,
			range: null,
			proto: null,
			state: null,
			ip: null,
			port: null,
		},
		true,
	);
}
