// SPDX-License-Identifier: BSD-2-Clause
// Why a fact of a flow is not known: a sentence by field, of the first rule that holds. What is not
// in the table is a detail of what is, and says nothing.

import type { Flow, Health } from "../../api/types";
import { type End, isInside } from "../../core/scope";
import { t } from "../../words/t";

/** What the daemon looks for, and since when. */
export type Looks = Pick<Health, "knows" | "conntrack" | "started">;

type Rule = [holds: (f: Flow, looks: Looks) => boolean, says: (looks: Looks) => string];

const always = () => true;
const isTcp = (f: Flow) => f.proto === "tcp";
const isOlder = (f: Flow, looks: Looks) => f.first_seen < looks.started;

const midStream: Rule = [(f) => f.partial, () => t("why.midStream")];
const noConntrack: Rule = [
	(_, { conntrack }) => !conntrack.available,
	({ conntrack }) => t("why.noConntrack", { reason: conntrack.reason ?? "" }),
];
const onlyTcp: Rule = [(f) => !isTcp(f), () => t("why.onlyTcp")];

const placed = (end: End, nowhere: string): Rule[] => [
	[(_, { knows }) => !knows.places, () => t("why.noPlaces", { command: "sudo make geo" })],
	[(f) => isInside(f.scope, end), () => t("why.private")],
	[always, () => nowhere],
];

const neighbour = (end: End): Rule[] => [
	[(f) => !isInside(f.scope, end), () => t("why.notHere")],
	[
		(f) => f.direction === (end === "src" ? "out" : "in") || f.direction === "local",
		() => t("why.ourselves"),
	],
	[(f) => f[end].mac !== null, () => t("why.severalHosts")],
	[always, () => t("why.noNeighbour")],
];

const made = (end: End): Rule[] => [
	[(f) => f[end].mac !== null, () => t("why.noVendor", { command: "flowbpf doctor" })],
];

const measured: Rule[] = [
	[(_, { knows }) => !knows.quality, () => t("why.off", { option: "--quality off" })],
	onlyTcp,
	[always, () => t("why.noAck")],
];

const RULES: Record<string, Rule[]> = {
	"owner.process": [
		[(_, { knows }) => !knows.owner, () => t("why.off", { option: "--no-owner" })],
		[(f) => f.direction === "forward", () => t("why.forwarded")],
		[(_, { knows }) => !!knows.owner_lack, ({ knows }) => knows.owner_lack ?? ""],
		[isOlder, () => t("why.older")],
		[always, () => t("why.noSocket")],
	],
	"src.host": [
		[(f) => !isInside(f.scope, "src"), () => t("why.outsider")],
		[always, () => t("why.unnamed")],
	],
	"dst.host": [
		[(f) => !!(f.tls?.ech || f.tls?.esni), () => t("cells.encryptedHelloReal")],
		midStream,
		[(f) => !!f.tls && !f.tls.sni, () => t("why.namelessHello")],
		[(f) => isTcp(f) && !f.l7 && !f.closed, () => t("why.noHelloYet")],
		[always, () => t("flows.noNameSeen")],
	],
	"src.device": neighbour("src"),
	"dst.device": neighbour("dst"),
	"src.vendor": made("src"),
	"dst.vendor": made("dst"),
	"src.country": placed("src", t("why.noCountry")),
	"dst.country": placed("dst", t("why.noCountry")),
	"src.org": placed("src", t("why.noNetwork")),
	"dst.org": placed("dst", t("why.noNetwork")),
	list: [
		[(_, { knows }) => !knows.lists, () => t("why.noLists", { option: "--list" })],
		[always, () => t("why.onNone")],
	],
	service: [[always, () => t("why.noService")]],
	counted_by: [[always, () => t("why.notCounted", { setting: "nf_conntrack_acct" })]],
	rtt_ms: [onlyTcp, midStream, [always, () => t("why.noHandshake")]],
	"tls.hello_ms": [
		[(f) => f.l7 === "tls" && !f.partial, () => t("why.noAnswer")],
		[(f) => f.l7 === "tls", midStream[1]],
	],
	"dns.answer_ms": [[(f) => f.l7 === "dns", () => t("why.noAnswer")]],
	"latency.up_ms": measured,
	"latency.down_ms": measured,
	jitter_ms: measured,
	loss: measured,
	"tls.ja4": [
		[(f) => !!f.l7 && f.l7 !== "tls" && f.l7 !== "quic", () => t("why.notTls")],
		midStream,
		[always, () => t("why.noHello")],
	],
	vlan: [[always, () => t("why.untagged")]],
	"nat.kind": [noConntrack, [always, () => t("why.notTranslated")]],
	"conntrack.id": [
		noConntrack,
		[(f) => !!f.closed, () => t("why.entryGone")],
		[always, () => t("cells.noConntrackEntry")],
	],
};

/** A short sentence; null: what the field says needs none. */
export function whyUnknown(field: string, f: Flow, looks: Looks): string | null {
	const rule = RULES[field]?.find(([holds]) => holds(f, looks));
	return rule ? rule[1](looks) : null;
}
