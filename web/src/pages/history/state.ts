// SPDX-License-Identifier: BSD-2-Clause
// Windows at hand: those the list gave once, and those that closed since.

import { computed, signal } from "@preact/signals";
import { ask } from "../../api/client";
import { closedWindows, hello, now, openWindow } from "../../api/state";
import type { Window } from "../../api/types";
import { mergeWindows } from "../../data/windows";

const listed = signal<Window[]>([]);
/** the daemon that was asked */
let asked = "";

export async function loadWindows(): Promise<void> {
	const now = hello.peek();
	if (!now?.caps.windows || asked === now.boot_id) return;
	asked = now.boot_id;
	try {
		listed.value = (await ask<{ items: Window[] }>("windows")).items;
	} catch {
		asked = "";
	}
}

export const windows = computed(() => mergeWindows(listed.value, closedWindows.value));

/** The window that is filling: its number, how far it is, seconds left. */
export const filling = computed(() => {
	const start = openWindow.value;
	if (!start) return null;
	const length = start.duration_s * 1000;
	const gone = Math.max(0, Math.min(length, now.value - Date.parse(start.start_time)));
	return { id: start.id, part: gone / length, left: Math.ceil((length - gone) / 1000) };
});
