// SPDX-License-Identifier: BSD-2-Clause
// Where the page is: path and query of the address bar as signals, so that every view has an
// address that can be shared and the back button works.

import { at, pathOf } from "./base";
import { computed, type ReadonlySignal, signal } from "@preact/signals";

const here = (): string => pathOf(location.pathname) ?? "/";

export const path = signal(here());
export const params = signal(new URLSearchParams(location.search));

function read(): void {
	path.value = here();
	params.value = new URLSearchParams(location.search);
}

addEventListener("popstate", read);

/** Parameters that go along when the page changes: the global filter and its kin. */
const GLOBAL = ["q", "iface", "range", "at", "still", "once"];

export function href(to: string, query: Record<string, string | null> = {}): string {
	const next = new URLSearchParams();
	for (const name of GLOBAL) {
		const value = params.value.get(name);
		if (value) next.set(name, value);
	}
	for (const [name, value] of Object.entries(query))
		if (value) next.set(name, value);
		else next.delete(name);
	const text = next.toString();
	return at(text ? `${to}?${text}` : to);
}

export function go(to: string): void {
	history.pushState(null, "", at(to));
	read();
	document.getElementById("main")?.scrollTo(0, 0);
}

/** Change parameters in place; `push` makes a step that "back" returns from. */
export function setParams(changes: Record<string, string | null>, push = false): void {
	const next = new URLSearchParams(location.search);
	for (const [name, value] of Object.entries(changes))
		if (value) next.set(name, value);
		else next.delete(name);
	const text = next.toString();
	const target = location.pathname + (text ? `?${text}` : "");
	if (target === location.pathname + location.search) return;
	if (push) history.pushState(null, "", target);
	else history.replaceState(null, "", target);
	read();
}

export function param(name: string, fallback = ""): ReadonlySignal<string> {
	return computed(() => params.value.get(name) ?? fallback);
}

/** Links inside the page do not load it anew. */
export function catchLinks(): void {
	document.addEventListener("click", (event) => {
		if (
			event.defaultPrevented ||
			event.button ||
			event.metaKey ||
			event.ctrlKey ||
			event.shiftKey
		)
			return;
		const link = (event.target as Element).closest?.("a");
		if (
			!link ||
			link.target ||
			link.origin !== location.origin ||
			link.hasAttribute("download")
		)
			return;
		const to = pathOf(link.pathname);
		if (to === null || to.startsWith("/api/") || link.hash) return;
		event.preventDefault();
		go(link.pathname + link.search);
	});
}

/** Of a part of an address that anybody may have typed. */
export function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}
