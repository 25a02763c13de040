// SPDX-License-Identifier: BSD-2-Clause
// The server's field table, asked for once.

import { signal } from "@preact/signals";
import { ask } from "../api/client";
import type { Field } from "../api/types";

export const fields = signal<Field[]>([]);

export async function loadFields(): Promise<void> {
	try {
		fields.value = (await ask<{ items: Field[] }>("fields")).items;
	} catch {
		// the built-in columns need no table
	}
}
