// SPDX-License-Identifier: BSD-2-Clause
// Windows at hand: those the list gave once, and those that closed since.

import { computed, signal } from "@preact/signals";
import { ask } from "../../api/client";
import { batches, batchNow, hello, now } from "../../api/state";
import { mergeWindows, type WindowRecord, windowFrom } from "../../data/windows";

const listed = signal<WindowRecord[]>([]);
const real = (one: WindowRecord | null): one is WindowRecord => one !== null;
/** the daemon that was asked */
let asked = "";

export async function loadWindows(): Promise<void> {
	const now = hello.peek();
	if (!now?.caps.windows || asked === now.boot_id) return;
	asked = now.boot_id;
	try {
		const answer = await ask<{ items: Record<string, unknown>[] }>("windows");
		listed.value = answer.items.map(windowFrom).filter(real);
	} catch {
		asked = "";
	}
}

export const windows = computed(() =>
	mergeWindows(listed.value, batches.value.map(windowFrom).filter(real)),
);

const LENGTH_MS = 10_000;

/** The window that is filling: its number, how far it is, seconds left. */
export const filling = computed(() => {
	const start = batchNow.value;
	const newest = windows.value[windows.value.length - 1];
	const id = (start?.batch_id ?? start?.id ?? (newest ? newest.id + 1 : null)) as number | null;
	const since = (start?.start_time ??
		start?.started ??
		start?.start ??
		start?.time ??
		newest?.ended ??
		null) as string | null;
	const seconds = start?.duration_s ?? start?.duration;
	const length = typeof seconds === "number" ? seconds * 1000 : LENGTH_MS;
	if (id === null || !since) return null;
	const gone = Math.max(0, Math.min(length, now.value - Date.parse(since)));
	return {
		id,
		part: gone / length,
		left: Math.ceil((length - gone) / 1000),
		length: length / 1000,
	};
});
