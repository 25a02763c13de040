// SPDX-License-Identifier: BSD-2-Clause
// The keyboard map: one table that both acts and fills the help sheet. Single keys never fire
// while typing or in a dialog, and can be turned off as a whole (WCAG 2.1.4).

import { keysOn } from "./settings";

export interface Key {
	keys: string;
	does: string;
	run: () => void;
	group: string;
}

const maps = new Map<string, Key[]>();
let prefix = "";
let prefixTimer: ReturnType<typeof setTimeout> | undefined;

/** Register keys under an owner's name; returns how to take them back. */
export function register(owner: string, keys: Key[]): () => void {
	maps.set(owner, keys);
	return () => {
		if (maps.get(owner) === keys) maps.delete(owner);
	};
}

export function allKeys(): Key[] {
	return [...maps.values()].flat();
}

function busy(target: EventTarget | null): boolean {
	const element = target as HTMLElement | null;
	return (
		!!element?.closest?.("input, select, textarea, [contenteditable], dialog, [role=menu]") ||
		!!document.querySelector("dialog[open]")
	);
}

function onKey(event: KeyboardEvent): void {
	if (!keysOn.value || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey)
		return;
	if (busy(event.target)) return;
	if (event.key === " " && (event.target as Element).closest("button, a, [role=row], summary"))
		return;
	const name = event.key === " " ? "Space" : event.key;
	const wanted = prefix ? `${prefix} ${name}` : name;
	const found = allKeys().find((k) => k.keys === wanted);
	clearTimeout(prefixTimer);
	prefix = "";
	if (found) {
		event.preventDefault();
		found.run();
	} else if (allKeys().some((k) => k.keys.startsWith(`${wanted} `))) {
		prefix = wanted;
		prefixTimer = setTimeout(() => {
			prefix = "";
		}, 1500);
	}
}

export function listen(): void {
	document.addEventListener("keydown", onKey);
}
