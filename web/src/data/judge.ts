// SPDX-License-Identifier: BSD-2-Clause
// What the judge says, in words and colours, and what would have it say otherwise.

import type { FlowJudge } from "../api/schema";

export type Verdict = FlowJudge["action"];
export type RiskClass = FlowJudge["class"];

export const VERDICTS: readonly Verdict[] = ["allow", "inspect", "deny"];
export const CLASSES: readonly RiskClass[] = ["low", "medium", "high"];

/** From so many points on it is of that class. */
export const LEAST: Record<RiskClass, number> = { low: 0, medium: 25, high: 50 };

/** The colour of each, as states of connections have them. */
export const KIND: Record<Verdict | RiskClass, string> = {
	allow: "ok",
	inspect: "warn",
	deny: "bad",
	low: "ok",
	medium: "warn",
	high: "bad",
};

export const classOf = (risk: number): RiskClass =>
	[...CLASSES].reverse().find((one) => risk >= LEAST[one]) ?? "low";

/** Reasons without any one of which it would be of a lower class, the weightiest first. */
export function decisive(judge: FlowJudge): { kind: string; then: RiskClass }[] {
	const all = judge.evidence.reduce((sum, { points }) => sum + points, 0);
	return [...judge.evidence]
		.sort((a, b) => b.points - a.points)
		.map(({ kind, points }) => ({ kind, then: classOf(all - points) }))
		.filter(({ then }) => LEAST[then] < LEAST[judge.class]);
}
