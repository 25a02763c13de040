// SPDX-License-Identifier: BSD-2-Clause
// The rules in force, and how one is looked at, made, kept and taken back.

import { ask } from "../api/client";
import type { ActPreview, Rule, RuleDone, RulePreview } from "../api/schema";
import { hello } from "../api/state";
import type { Flow } from "../api/types";
import { t } from "../words/t";
import { session, whyNot } from "./access";

export type RuleVerb = Rule["verb"];

/** A rule that is asked for. */
export interface Asked {
	verb: RuleVerb;
	/** an address, a prefix, or an expression of the filter language */
	what: string;
	/** seconds; null: for good */
	seconds: number | null;
	reason: string;
	/** seconds in which it is confirmed, or reverts */
	confirm: number | null;
	/** bit/s; null: as much as there is */
	up: number | null;
	down: number | null;
	perHost: boolean;
}

/** What an act would be, and the token that does just that. */
export interface Shown {
	token: string | null;
	/** for how long, in ms */
	good: number;
	flows: number;
	/** how many of these it is about: all but those left alone */
	entries: number;
	hosts: number;
	bytes: number;
	rate: number;
	past: { flows: number; hosts: number; bytes: number } | null;
	/** why that is not known */
	pastLack: string | null;
	left: { flows: number; why: string }[];
	examples: Flow[];
	refused: string | null;
	inside: boolean;
}

const GOOD_MS = 60_000;
/** as the API calls an act that makes one */
const RULE = "rule";

function bodyOf(asked: Asked): Record<string, unknown> {
	const { verb, what, seconds, reason, confirm, up, down, perHost } = asked;
	return {
		verb,
		what,
		...(seconds === null ? { permanent: true } : { for: seconds }),
		...(reason ? { reason } : {}),
		confirm: confirm ?? 0,
		...(up ? { rate_up: up } : {}),
		...(down ? { rate_down: down } : {}),
		...(verb === "limit" ? { per: perHost ? "host" : "all" } : {}),
	};
}

export async function lookAtRule(asked: Asked, signal: AbortSignal): Promise<Shown> {
	const {
		expires,
		past_lack,
		protected: left,
		refused,
		touches_inside,
		...rest
	} = await ask<RulePreview>("acts/preview", {
		method: "POST",
		body: { act: RULE, ...bodyOf(asked) },
		signal,
	});
	return {
		...rest,
		entries: rest.flows,
		good: expires ? Math.max(0, Math.min(GOOD_MS, Date.parse(expires) - Date.now())) : GOOD_MS,
		pastLack: past_lack,
		left: left.map((one) => ({ flows: one.flows, why: one.text })),
		refused: refused?.text ?? null,
		inside: touches_inside,
	};
}

export const makeRule = (token: string, reason: string): Promise<RuleDone> =>
	ask<RuleDone>("acts", { method: "POST", body: { token, reason: reason || null } });

export async function lookAtFlows(
	verb: "kill" | "forget",
	filter: string,
	scope: string,
	signal: AbortSignal,
): Promise<Shown> {
	const seen = await ask<ActPreview>("acts/preview", {
		method: "POST",
		body: { verb, filter, scope, live: "live" },
		signal,
	});
	return {
		token: seen.token,
		good: seen.seconds * 1000,
		flows: seen.matched,
		entries: seen.entries,
		hosts: seen.hosts,
		bytes: (seen.bytes.up ?? 0) + (seen.bytes.down ?? 0),
		rate: (seen.rate_bps.up ?? 0) + (seen.rate_bps.down ?? 0),
		past: seen.past,
		pastLack: seen.past_lack,
		// those without an entry are told by the counts already
		left: seen.left_out
			.filter((one) => one.reason !== "no-conntrack-entry")
			.map((one) => ({ flows: one.flows, why: one.detail })),
		examples: seen.sample,
		refused: null,
		inside: false,
	};
}

export const confirmRule = (id: number): Promise<void> =>
	ask(`rules/${id}/confirm`, { method: "POST" });

const removed = (path: string, query = {}): Promise<{ removed: number }> =>
	ask(path, { method: "DELETE", query });

export const undoRule = (id: number) => removed(`rules/${id}`);
export const undoSince = (seconds: number) => removed("rules", { since: seconds });
export const undoAll = () => removed("rules");

export const setPanic = (on: boolean): Promise<void> =>
	ask("panic", { method: "POST", body: { on } });

/** Why nothing can be done here; null when it can. */
export function whyNoAct(): string | null {
	const caps = hello.value?.caps;
	if (caps && !caps.act && !session.value?.read_only) return t("flows.notPermitted");
	return whyNot();
}
