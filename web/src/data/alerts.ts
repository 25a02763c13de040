// SPDX-License-Identifier: BSD-2-Clause
// Alerts as the server tells them, and what is asked of it about them.

import { ask } from "../api/client";
import type {
	Alert,
	AlertRuleChecked,
	AlertSilence,
	AlertTry,
	IncidentSilenceAsked,
} from "../api/schema";

const RANK: Record<Alert["state"], number> = { firing: 0, pending: 1, resolved: 2 };
const WEIGHT: Record<Alert["severity"], number> = { critical: 0, warning: 1, info: 2 };

/** What burns first, then what is new. */
export const byUrgency = (alerts: readonly Alert[]): Alert[] =>
	[...alerts].sort(
		(a, b) =>
			RANK[a.state] - RANK[b.state] ||
			WEIGHT[a.severity] - WEIGHT[b.severity] ||
			b.since.localeCompare(a.since) ||
			a.id.localeCompare(b.id),
	);

type About = Pick<AlertSilence, "rule" | "key">;

/** For so many seconds nobody is told; 0 ends a silence. */
export const silence = ({ rule, key }: About, seconds: number, reason = ""): Promise<unknown> =>
	ask("alert-silences", {
		method: "POST",
		body: {
			...(rule === null ? {} : { rule }),
			...(key === null ? {} : { key }),
			seconds,
			...(reason ? { reason } : {}),
		},
	});

export const testSender = (name: string): Promise<{ queued: number }> =>
	ask(`alert-senders/${encodeURIComponent(name)}/test`, { method: "POST" });

export type HiddenBy = Pick<IncidentSilenceAsked, "kind" | "host" | "peer">;

/** Of the past, too; `seconds` long. */
export const hideIncidents = (by: HiddenBy, seconds: number): Promise<unknown> =>
	ask("incident-silences", { method: "POST", body: { ...by, seconds } });

export const showIncidents = (silence: number): Promise<unknown> =>
	ask(`incident-silences/${silence}`, { method: "DELETE" });

/** As its text, or as its name and its words: the answer has both, and what is wrong with it. */
export const parseRule = (
	rule: Record<string, string>,
	signal: AbortSignal,
): Promise<AlertRuleChecked> => ask("alert-rules/validate", { method: "POST", body: rule, signal });

export const tryRule = (rule: string, since: string, signal: AbortSignal): Promise<AlertTry> =>
	ask("alert-rules/try", { method: "POST", query: { since }, body: { rule }, signal });

const named = (name: string): string => `alert-rules/named/${encodeURIComponent(name)}`;

export const makeAlertRule = (rule: string): Promise<unknown> =>
	ask("alert-rules", { method: "POST", body: { rule } });

export const changeRule = (name: string, rule: string): Promise<unknown> =>
	ask(named(name), { method: "PUT", body: { rule } });

export const switchRule = (name: string, on: boolean): Promise<unknown> =>
	ask(named(name), { method: "PUT", body: { on } });

export const removeRule = (name: string): Promise<unknown> =>
	ask(named(name), { method: "DELETE" });
