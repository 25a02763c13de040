// SPDX-License-Identifier: BSD-2-Clause
// What the counters of losses mean, in words. One table for strip, tile and health page.

export interface Loss {
	name: string;
	kind: "bad" | "warn" | "info";
	/** the sentence for "n in the last minute" */
	say: (n: string) => string;
}

const TABLE: Record<string, Omit<Loss, "name">> = {
	map_full: { kind: "bad", say: (n) => `The flow map is full: ${n} packets in the last minute belong to no flow. Start with a larger --max-flows.` },
	ring_full: { kind: "warn", say: (n) => `The ring buffer was full ${n} times in the last minute: names may be missing.` },
	names_full: { kind: "warn", say: (n) => `The map of names is full: ${n} names of the last minute are not in it.` },
	no_link: { kind: "warn", say: (n) => `${n} packets in the last minute came over an interface that is not known.` },
	malformed: { kind: "info", say: (n) => `${n} malformed packets in the last minute; they belong to no flow.` },
	conntrack_overruns: { kind: "warn", say: (n) => `The kernel dropped conntrack events (${n} overruns in the last minute); the table was read anew.` },
};

/** Counted, but nothing is lost by it. */
const HARMLESS = new Set(["non_ip", "second_sight", "fragment"]);

export function lossOf(name: string): Loss | null {
	if (HARMLESS.has(name)) return null;
	const known = TABLE[name] ?? { kind: "warn" as const, say: (n: string) => `${name.replaceAll("_", " ")}: ${n} in the last minute.` };
	return { name, ...known };
}
