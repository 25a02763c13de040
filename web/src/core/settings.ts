// SPDX-License-Identifier: BSD-2-Clause
// What the user chose, kept in this browser. Each setting is a signal; the document's attributes
// follow theme, density and motion.

import { effect, type Signal, signal } from "@preact/signals";
import type { Units } from "./format";

const PREFIX = "flowbpf.";

function read<T>(key: string, fallback: T): T {
	try {
		const text = localStorage.getItem(PREFIX + key);
		return text === null ? fallback : (JSON.parse(text) as T);
	} catch {
		return fallback;
	}
}

function kept<T>(key: string, fallback: T): Signal<T> {
	const value = signal(read(key, fallback));
	effect(() => {
		const text = JSON.stringify(value.value);
		try {
			if (text === JSON.stringify(fallback)) localStorage.removeItem(PREFIX + key);
			else localStorage.setItem(PREFIX + key, text);
		} catch {
			// private windows may refuse; the choice then lasts as long as the tab
		}
	});
	return value;
}

export type Theme = "system" | "light" | "dark";
type Density = "compact" | "normal" | "roomy";

export const theme = kept<Theme>("theme", "system");
export const density = kept<Density>("density", "normal");
export const motion = kept<"system" | "off">("motion", "system");
export const units = kept<Units>("units", { rate: "bits", base: "si" });
export const nameFirst = kept<"name" | "address">("names", "name");
/** seconds between what is shown anew */
export const refreshEvery = kept<number>("refresh", 1);
export const keysOn = kept("keys", true);
/** in their order */
export const columnsChosen = kept<string[] | null>("columns", null);
/** px, of those that were given a width */
export const columnWidths = kept<Record<string, number>>("widths", {});
/** what the Overview ranks by, and which side of the network */
export const rankedBy = kept<"rate" | "bytes" | "count">("ranked", "rate");
export const side = kept<"all" | "internal" | "external">("side", "all");
/** filters of before, newest first */
export const recentFilters = kept<string[]>("filters", []);
export const savedViews = kept<{ name: string; to: string }[]>("views", []);

export const ROW_HEIGHT: Record<Density, number> = { compact: 28, normal: 38, roomy: 46 };

export function applySettings(): void {
	const root = document.documentElement;
	effect(() => {
		if (theme.value === "system") root.removeAttribute("data-theme");
		else root.dataset.theme = theme.value;
	});
	effect(() => {
		root.dataset.density = density.value;
	});
	effect(() => {
		root.dataset.motion = motion.value;
	});
}

const darkQuery = matchMedia("(prefers-color-scheme: dark)");
const systemDark = signal(darkQuery.matches);
darkQuery.addEventListener("change", () => {
	systemDark.value = darkQuery.matches;
});

/** The theme in force: read it in what draws on a canvas. */
export function isDark(): boolean {
	return theme.value === "dark" || (theme.value === "system" && systemDark.value);
}

function query(text: string): Signal<boolean> {
	const list = matchMedia(text);
	const value = signal(list.matches);
	list.addEventListener("change", () => {
		value.value = list.matches;
	});
	return value;
}

export const narrow = query("(max-width: 719px)");
export const wide = query("(min-width: 1300px)");
