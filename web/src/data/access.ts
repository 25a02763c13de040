// SPDX-License-Identifier: BSD-2-Clause
// Who we are to the server, and what we may do.

import { signal } from "@preact/signals";
import { ApiError, ask, reason } from "../api/client";
import { capture } from "../api/state";
import type { Session } from "../api/types";
import { fleet } from "../core/time";
import { t } from "../words/t";

export const session = signal<Session | null>(null);

function take(answer: Session): void {
	session.value = answer;
	fleet.value = answer.hub;
}

export async function loadSession(): Promise<void> {
	try {
		take(await ask<Session>("session"));
	} catch {
		session.value = null;
	}
}

export async function signIn(token: string): Promise<void> {
	take(await ask<Session>("session", { method: "POST", body: { token } }));
}

export async function signInAs(name: string, password: string): Promise<void> {
	take(await ask<Session>("session", { method: "POST", body: { name, password } }));
}

/** Of a link that signs in, which may be all that was pasted; else the text is the token. */
export function tokenOf(text: string): string {
	return /#login=([^&\s]+)/.exec(text)?.[1] ?? text.trim();
}

/** why the link in the address bar did not sign in */
export const linkFailed = signal<string | null>(null);

/**
 * The link that attach and "flowbpf login" print: did it sign in? What is behind the # was sent to
 * nobody; it leaves the address bar and the history before it is used.
 */
export async function takeLink(): Promise<boolean> {
	if (!location.hash.startsWith("#login=")) return false;
	const token = tokenOf(location.hash);
	history.replaceState(null, "", location.pathname + location.search);
	try {
		await signIn(token);
		return true;
	} catch (error) {
		const used = error instanceof ApiError && error.problem.status === 401;
		linkFailed.value = used ? t("login.linkUsed") : reason(error);
		return false;
	}
}

export async function signOut(): Promise<void> {
	session.value = await ask<Session>("session", { method: "DELETE" });
}

/** Why acts are not for us; null when they are. */
export function whyNot(): string | null {
	if (session.value?.hub) return t("login.hub");
	if (capture.value !== null) return t("login.capture");
	return session.value?.read_only || session.value?.role === "viewer"
		? t("login.readOnlyRole")
		: null;
}

/** Why what is done with nobody who asks is not for us to change; null when it is. */
export function whyNoChange(): string | null {
	return whyNot() ?? (session.value?.role === "admin" ? null : t("login.needsAdmin"));
}
