// SPDX-License-Identifier: BSD-2-Clause
// Who we are to the server, and what we may do.

import { signal } from "@preact/signals";
import { ask } from "../api/client";
import type { Session } from "../api/types";

export const session = signal<Session | null>(null);

export async function loadSession(): Promise<void> {
	try {
		session.value = await ask<Session>("session");
	} catch {
		session.value = null;
	}
}

export async function signIn(token: string): Promise<void> {
	session.value = await ask<Session>("session", { method: "POST", body: { token } });
}

export async function signOut(): Promise<void> {
	session.value = await ask<Session>("session", { method: "DELETE" });
}

/** Why acts are not for us; null when they are. */
export function whyNot(): string | null {
	return session.value?.role === "viewer" ? "read-only role" : null;
}
