// SPDX-License-Identifier: BSD-2-Clause
// Small parts of cells: badges where every colour comes with a shape and a word.

import { computed } from "@preact/signals";
import type { Value } from "../api/types";
import { countryName } from "../core/country";
import { NONE } from "../core/format";
import { protocolName, serviceName } from "../core/protocols";
import { endMatters, safe } from "../core/text";
import { wordsOf } from "../data/fields";
import { t } from "../words/t";

type Kind = "ok" | "wait" | "end" | "bad" | "none";

const STATES: Record<string, { kind: Kind; help: string }> = {
	ESTABLISHED: { kind: "ok", help: t("cells.bothSidesSpoken") },
	ASSURED: { kind: "ok", help: t("cells.trafficBothWays") },
	REPLIED: { kind: "ok", help: t("cells.otherSideAnswered") },
	SEEN_REPLY: { kind: "ok", help: t("cells.otherSideAnswered") },
	SYN_SENT: { kind: "wait", help: t("cells.openingPacketOut") },
	SYN_SENT2: { kind: "wait", help: t("cells.bothSidesOpened") },
	SYN_RECV: { kind: "wait", help: t("cells.handshakeNotOver") },
	UNREPLIED: { kind: "wait", help: t("cells.nothingComeBack") },
	FIN_WAIT: { kind: "end", help: t("cells.oneSideClosed") },
	CLOSE_WAIT: { kind: "end", help: t("cells.otherSideClosed") },
	LAST_ACK: { kind: "end", help: t("cells.waitingLastAcknowledgement") },
	TIME_WAIT: { kind: "end", help: t("cells.overPortsRest") },
	CLOSE: { kind: "end", help: t("cells.over") },
};

const SHAPES: Record<Kind, string> = {
	ok: "M5 1a4 4 0 1 0 0 8 4 4 0 1 0 0-8z",
	wait: "M5 1.8a3.2 3.2 0 1 0 0 6.4 3.2 3.2 0 1 0 0-6.4z",
	end: "M1 4h8v2H1z",
	bad: "M2 1 9 8 8 9 1 2zM8 1 9 2 2 9 1 8z",
	none: "M4 4h2v2H4z",
};

export function Shape({ kind }: { kind: Kind }) {
	return (
		<svg class={`shape ${kind}`} width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
			<path d={SHAPES[kind]} />
		</svg>
	);
}

export function stateKind(state: string): Kind {
	return STATES[state]?.kind ?? "none";
}

const FROM_OPENING: Kind[] = ["none", "wait", "ok", "end", "bad"];
const stage = (state: string) => FROM_OPENING.indexOf(stateKind(state));

/** All states that there are, from opening to end. */
export const states = computed(() => [...wordsOf("state")].sort((a, b) => stage(a) - stage(b)));

export function StateBadge({ state }: { state: string }) {
	if (!state)
		return (
			<span class="faint" title={t("cells.noConntrackEntry")}>
				{NONE}
			</span>
		);
	const known = STATES[state];
	return (
		<span
			class={`state ${known?.kind ?? "none"}`}
			title={`${safe(state)}${known ? `: ${known.help}` : ""}`}
		>
			<Shape kind={known?.kind ?? "none"} />
			{safe(state)}
		</span>
	);
}

/** The same where there is no room for the word. */
export function StateMark({ state }: { state: string }) {
	return (
		<span class={`state ${stateKind(state)}`} title={safe(state)}>
			<Shape kind={stateKind(state)} />
			<span class="visually-hidden">{safe(state)}</span>
		</span>
	);
}

const REASONS: Record<string, string> = {
	fin: t("cells.endedOrderFin"),
	rst: t("cells.cutOffRst"),
	timeout: t("cells.silentTooLong"),
	evicted: t("cells.madeRoomNewer"),
	reused: t("cells.portsUsedAgain"),
	ended: t("cells.endedHereUser"),
};

/** Why a flow ended; null while it lives. */
export const closedReason = (closed: Value): string | null =>
	typeof closed === "string" && closed ? closed : null;

export function ClosedWord({ closed }: { closed: Value }) {
	const why = closedReason(closed) ?? "";
	return (
		<span class="state end" title={REASONS[why] ?? why}>
			<Shape kind={why === "rst" ? "bad" : "end"} />
			{t("word.closed")} <span class="why">{safe(why)}</span>
		</span>
	);
}

export function closedHelp(reason: string | null): string {
	return REASONS[reason ?? ""] ?? reason ?? "";
}

const PROTO_TINT: Record<string, string> = {
	TCP: "c1",
	UDP: "c2",
	ICMP: "c3",
	ICMPV6: "c3",
	QUIC: "c4",
	SCTP: "c5",
};

export function protoTint(proto: string): string {
	return PROTO_TINT[proto.toUpperCase()] ?? "c6";
}

export function ProtoBadge({ proto, l7 }: { proto: string; l7: string }) {
	return (
		<span class="proto">
			<i class={`tint ${protoTint(l7 === "quic" ? l7 : proto)}`} aria-hidden="true" />
			{safe(protocolName(proto))}
			{l7 ? <span class="l7">{safe(serviceName(l7))}</span> : null}
		</span>
	);
}

const SOURCES: Record<string, { short: string; help: string }> = {
	sni: { short: "SNI", help: t("cells.clientNamedTls") },
	quic: { short: "QUIC", help: t("cells.clientNamedQuic") },
	dns: { short: "DNS", help: t("cells.dnsAnswerClient") },
	http: { short: "HTTP", help: t("cells.hostHeader") },
	ech: {
		short: "ECH",
		help: t("cells.encryptedHelloOuter"),
	},
	dhcp: { short: "DHCP", help: t("cells.hostGaveName") },
	mdns: { short: "mDNS", help: t("cells.hostAnnouncedName") },
	lease: { short: t("cells.lease"), help: t("cells.leaseFileDhcp") },
	hosts: { short: t("cells.hosts"), help: t("cells.hostsFile") },
	operator: { short: t("cells.given"), help: t("cells.operatorGaveName") },
};

export function sourceOf(from: string | null): { short: string; help: string } {
	return (
		SOURCES[from ?? ""] ?? {
			short: from ?? "",
			help: t("cells.nameFrom", { source: from ?? "" }),
		}
	);
}

const SIDES: Record<string, string> = {
	internal: t("word.internal"),
	external: t("word.external"),
};

/** A scope by its sides: "internal-external" is "Internal → External". */
export const scopeName = (word: string): string =>
	word
		.split("-")
		.map((side) => SIDES[side] ?? side)
		.join(" → ");

const WRITTEN: Record<string, (value: string) => string> = {
	proto: protocolName,
	l7: protocolName,
	service: serviceName,
	scope: scopeName,
	"nat.kind": protocolName,
	"src.host_from": (from) => sourceOf(from).short,
	"dst.host_from": (from) => sourceOf(from).short,
};

/** A field's value as people write it, and fit to be read; filters and files have it as it is. */
export const written = (field: string, value: string | null | undefined): string =>
	safe(value && (WRITTEN[field]?.(value) ?? value));

/** The label that the server gives a value: a port's is its service. */
export const labelWritten = (field: string, label: string | null | undefined): string =>
	written(field === "dst.port" ? "service" : "", label);

const FLAGS: Record<string, string> = {
	ech: t("cells.encryptedHelloReal"),
	overlap: t("cells.segmentsOverlappedDifferent"),
	unexplained: t("cells.noDnsAnswer"),
	confirmed: t("cells.serverAnsweredHello"),
	mixed_script: t("cells.lettersSeveralScripts"),
	shared: t("cells.answerCameRouter"),
};

export const flagHelp = (flag: string): string => FLAGS[flag] ?? flag;

const WORD_HELP: Record<string, (word: string) => string | undefined> = {
	"src.country": countryName,
	"dst.country": countryName,
	state: (word) => STATES[word]?.help,
	"conntrack.state": (word) => STATES[word]?.help,
	closed: (word) => REASONS[word],
	"dst.host_from": (word) => SOURCES[word]?.help,
	"name.flags": (word) => FLAGS[word],
};

/** What a word of a field's closed list means; undefined: it speaks for itself. */
export const wordHelp = (field: string, word: string): string | undefined =>
	WORD_HELP[field]?.(word);

/** A name on a line; where it is cut, so that it stays clear whose it is. */
export function Name({ name }: { name: string }) {
	return (
		<span class={endMatters(name) ? "cut start" : "cut"}>
			<bdi dir={endMatters(name) ? "ltr" : undefined}>{safe(name)}</bdi>
		</span>
	);
}

/** A name with how it is known: the mark is part of the text, not only a colour. */
export function NameFrom({ name, from }: { name: string; from: string }) {
	return (
		<span class="named">
			<Name name={name} />
			{from ? (
				<abbr class={`from ${from}`} title={sourceOf(from).help}>
					{safe(sourceOf(from).short)}
				</abbr>
			) : null}
		</span>
	);
}
