// SPDX-License-Identifier: BSD-2-Clause
// What the counters of losses mean, and what to do about them. One table for strip, tile and chart.

interface Loss {
	kind: "bad" | "warn" | "info";
	/** the sentence for "n in the last minute" */
	say: (n: string) => string;
	/** what can be done */
	act?: string;
}

const LARGER = "Start with a larger --max-flows.";
const NAMES_ONLY = "Counters are not affected.";

const TABLE: Record<string, Loss> = {
	map_full: {
		kind: "bad",
		say: (n) => `The flow map is full: ${n} packets of the last minute belong to no flow.`,
		act: LARGER,
	},
	evicted: {
		kind: "warn",
		say: (n) =>
			`The flow map is full: unanswered flows with ${n} packets of the last minute made room for newer ones.`,
		act: LARGER,
	},
	flows_full: {
		kind: "bad",
		say: (n) =>
			`The flow table is full: ${n} rows of the last minute are counted but not shown.`,
		act: LARGER,
	},
	flows_evicted: {
		kind: "warn",
		say: (n) => `${n} live flows were given up in the last minute to make room.`,
		act: LARGER,
	},
	no_memory: {
		kind: "bad",
		say: (n) =>
			`Memory was short ${n} times in the last minute: facts about flows are missing.`,
		act: "Give the machine more memory, or start with a smaller --max-flows.",
	},
	no_link: {
		kind: "warn",
		say: (n) => `${n} packets of the last minute came over an interface that is not known.`,
		act: "Attach again.",
	},
	ring_full: {
		kind: "warn",
		say: (n) => `The ring buffer was full ${n} times in the last minute: names may be missing.`,
		act: NAMES_ONLY,
	},
	names_full: {
		kind: "warn",
		say: (n) => `The map of names is full: ${n} names of the last minute are not in it.`,
		act: LARGER,
	},
	names_failed: {
		kind: "info",
		say: (n) =>
			`${n} names of the last minute found no room in the kernel's map; the page has them.`,
	},
	names_replaced: {
		kind: "info",
		say: (n) => `${n} names of addresses were dropped early in the last minute.`,
		act: NAMES_ONLY,
	},
	names_refused: {
		kind: "info",
		say: (n) => `${n} names of the last minute were empty or too long to be names.`,
	},
	name_refused: {
		kind: "info",
		say: (n) => `${n} names of the last minute were too long to be names.`,
	},
	hello_incomplete: {
		kind: "info",
		say: (n) =>
			`${n} hellos of the last minute were not seen whole: those connections have no name from them.`,
		act: NAMES_ONLY,
	},
	alpn_cut: {
		kind: "info",
		say: (n) => `${n} hellos of the last minute offered more ALPN values than are kept.`,
	},
	hello_too_big: {
		kind: "info",
		say: (n) =>
			`${n} hellos of the last minute were longer than 16 kB: no name is read from those.`,
		act: NAMES_ONLY,
	},
	questions_lost: {
		kind: "info",
		say: (n) =>
			`${n} DNS questions of the last minute were forgotten before their answer: too many waited.`,
		act: NAMES_ONLY,
	},
	inspect_skipped: {
		kind: "info",
		say: (n) =>
			`${n} first packets of the last minute were not read: their senders, or all together, used up the time for it. Names may be missing.`,
		act: NAMES_ONLY,
	},
	quic_skipped: {
		kind: "info",
		say: (n) => `${n} QUIC hellos of the last minute were not looked into: too many at once.`,
		act: NAMES_ONLY,
	},
	slots_dropped: {
		kind: "info",
		say: (n) => `${n} unfinished hellos were given up early in the last minute.`,
		act: NAMES_ONLY,
	},
	hosts_replaced: {
		kind: "info",
		say: (n) =>
			`${n} names of hosts made room in the last minute: somebody announced very many.`,
		act: NAMES_ONLY,
	},
	devices_replaced: {
		kind: "info",
		say: (n) =>
			`${n} addresses were parted from their device in the last minute: one has very many.`,
		act: NAMES_ONLY,
	},
	hosts_not_given: {
		kind: "info",
		say: (n) => `${n} names in hosts and lease files are beyond those kept.`,
		act: NAMES_ONLY,
	},
	links_dropped: {
		kind: "info",
		say: (n) =>
			`${n} counts of flows on more than eight interfaces or VLANs were left out in the last minute.`,
	},
	conntrack_overruns: {
		kind: "warn",
		say: (n) => `The kernel dropped conntrack events ${n} times in the last minute.`,
		act: "The table was read anew; states were late, counters are not affected.",
	},
	conntrack_unlisted: {
		kind: "warn",
		say: (n) =>
			`${n} silent connections that were there before the start are not listed: they may take a quarter of the flows at most.`,
		act: LARGER,
	},
	conntrack_full: {
		kind: "warn",
		say: (n) =>
			`${n} conntrack entries of the last minute are beyond those remembered: their states are not known.`,
		act: LARGER,
	},
	conntrack_malformed: {
		kind: "warn",
		say: (n) => `${n} conntrack messages of the last minute could not be read.`,
	},
};

/** What `name`, which the daemon counts among its losses, says. */
export function lossOf(name: string): Loss {
	return (
		TABLE[name] ?? {
			kind: "warn",
			say: (n) => `${name.replaceAll("_", " ")}: ${n} in the last minute.`,
		}
	);
}

/** Of the daemon's losses: packets or events that ought to have been counted, not names that could not be read. */
export function costsCounts(name: string): boolean {
	return lossOf(name).kind !== "info";
}
