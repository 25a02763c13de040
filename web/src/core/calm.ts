// SPDX-License-Identifier: BSD-2-Clause
// A ranking that does not jump: values of the last moments count too, and while somebody reads it,
// each keeps its place. Pure but for what it remembers.

const FRESH = 0.4; // of what a place is given for, this much is the newest value

export class Ranking {
	private scores = new Map<string, number>();
	private order: string[] = [];

	/** The keys in their order now; one that is new while it is held comes last. */
	rank(values: [string, number][], hold = false): string[] {
		const first = this.scores.size === 0;
		this.scores = new Map(
			values.map(([key, value]) => [
				key,
				first ? value : (1 - FRESH) * (this.scores.get(key) ?? 0) + FRESH * value,
			]),
		);
		const score = (key: string) => this.scores.get(key) ?? 0;
		const keys = values.map(([key]) => key);
		if (hold) {
			const kept = this.order.filter((key) => this.scores.has(key));
			this.order = [...kept, ...keys.filter((key) => !kept.includes(key))];
		} else {
			this.order = keys.sort((a, b) => score(b) - score(a));
		}
		return this.order;
	}
}
