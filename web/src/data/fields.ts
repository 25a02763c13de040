// SPDX-License-Identifier: BSD-2-Clause
// The server's table of fields: what can be said of a flow, and in which words.

import { computed, signal } from "@preact/signals";
import { ask } from "../api/client";
import type { Field } from "../api/types";
import { helpOf, labelOf } from "../words/t";

export const fields = signal<Field[]>([]);
/** the server has answered, if only that it does not tell */
export const fieldsAsked = signal(false);

const byName = computed(() => new Map(fields.value.map((f) => [f.name, f])));

export const fieldOf = (name: string): Field | undefined => byName.value.get(name);

/** The closed list of a field's values. */
export const wordsOf = (name: string): string[] => fieldOf(name)?.words ?? [];

export async function loadFields(): Promise<void> {
	try {
		const { items } = await ask<{ items: Field[] }>("fields");
		fields.value = items.map((f) => ({
			...f,
			label: labelOf(f.name, f.label),
			help: helpOf(f.help),
		}));
	} catch {
		// the built-in columns need no table
	}
	fieldsAsked.value = true;
}
