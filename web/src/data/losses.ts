// SPDX-License-Identifier: BSD-2-Clause
// What the counters of losses mean, and what to do about them. One table for strip, tile and chart.

import { t } from "../words/t";

interface Loss {
	kind: "bad" | "warn" | "info";
	/** the sentence for "n in the last minute" */
	say: (n: string) => string;
	/** what can be done */
	act?: string;
}

const LARGER = t("losses.actLarger");
const NAMES_ONLY = t("losses.actNamesOnly");

const TABLE: Record<string, Loss> = {
	map_full: {
		kind: "bad",
		say: (n) => t("losses.mapFull", { n }),
		act: LARGER,
	},
	evicted: {
		kind: "warn",
		say: (n) => t("losses.evicted", { n }),
		act: LARGER,
	},
	flows_full: {
		kind: "bad",
		say: (n) => t("losses.flowsFull", { n }),
		act: LARGER,
	},
	flows_evicted: {
		kind: "warn",
		say: (n) => t("losses.flowsEvicted", { n }),
		act: LARGER,
	},
	no_memory: {
		kind: "bad",
		say: (n) => t("losses.noMemory", { n }),
		act: t("losses.actMemory"),
	},
	no_link: {
		kind: "warn",
		say: (n) => t("losses.unknownInterface", { n }),
		act: t("losses.actAttach"),
	},
	ring_full: {
		kind: "warn",
		say: (n) => t("losses.ringBufferFull", { n }),
		act: NAMES_ONLY,
	},
	names_full: {
		kind: "warn",
		say: (n) => t("losses.namesMapFull", { n }),
		act: LARGER,
	},
	names_failed: {
		kind: "info",
		say: (n) => t("losses.namesNotInKernel", { n }),
	},
	names_replaced: {
		kind: "info",
		say: (n) => t("losses.addressNamesDropped", { n }),
		act: NAMES_ONLY,
	},
	names_refused: {
		kind: "info",
		say: (n) => t("losses.namesBad", { n }),
	},
	name_refused: {
		kind: "info",
		say: (n) => t("losses.namesTooLong", { n }),
	},
	hello_incomplete: {
		kind: "info",
		say: (n) => t("losses.helloIncomplete", { n }),
		act: NAMES_ONLY,
	},
	alpn_cut: {
		kind: "info",
		say: (n) => t("losses.alpnCut", { n }),
	},
	hello_too_big: {
		kind: "info",
		say: (n) => t("losses.helloTooBig", { n }),
		act: NAMES_ONLY,
	},
	questions_lost: {
		kind: "info",
		say: (n) => t("losses.questionsForgotten", { n }),
		act: NAMES_ONLY,
	},
	inspect_skipped: {
		kind: "info",
		say: (n) => t("losses.packetsUnread", { n }),
		act: NAMES_ONLY,
	},
	quic_skipped: {
		kind: "info",
		say: (n) => t("losses.quicSkipped", { n }),
		act: NAMES_ONLY,
	},
	slots_dropped: {
		kind: "info",
		say: (n) => t("losses.hellosGivenUp", { n }),
		act: NAMES_ONLY,
	},
	hosts_replaced: {
		kind: "info",
		say: (n) => t("losses.hostNamesEvicted", { n }),
		act: NAMES_ONLY,
	},
	devices_replaced: {
		kind: "info",
		say: (n) => t("losses.addressesParted", { n }),
		act: NAMES_ONLY,
	},
	hosts_not_given: {
		kind: "info",
		say: (n) => t("losses.filesFull", { n }),
		act: NAMES_ONLY,
	},
	links_dropped: {
		kind: "info",
		say: (n) => t("losses.linksFull", { n }),
	},
	conntrack_overruns: {
		kind: "warn",
		say: (n) => t("losses.conntrackDropped", { n }),
		act: t("losses.actResynced"),
	},
	conntrack_unlisted: {
		kind: "warn",
		say: (n) => t("losses.silentConnections", { n }),
		act: LARGER,
	},
	conntrack_full: {
		kind: "warn",
		say: (n) => t("losses.conntrackFull", { n }),
		act: LARGER,
	},
	conntrack_malformed: {
		kind: "warn",
		say: (n) => t("losses.conntrackMalformed", { n }),
	},
};

/** What `name`, which the daemon counts among its losses, says. */
export function lossOf(name: string): Loss {
	return (
		TABLE[name] ?? {
			kind: "warn",
			say: (n) => t("losses.other", { name: name.replaceAll("_", " "), n }),
		}
	);
}

/** Of the daemon's losses: packets or events that ought to have been counted, not names that could not be read. */
export function costsCounts(name: string): boolean {
	return lossOf(name).kind !== "info";
}
