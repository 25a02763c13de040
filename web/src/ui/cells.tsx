// SPDX-License-Identifier: BSD-2-Clause
// Small parts of cells: badges where every colour comes with a shape and a word.

import { computed } from "@preact/signals";
import type { Value } from "../api/types";
import { NONE } from "../core/format";
import { safe } from "../core/text";
import { wordsOf } from "../data/fields";

type Kind = "ok" | "wait" | "end" | "bad" | "none";

const STATES: Record<string, { kind: Kind; help: string }> = {
	ESTABLISHED: { kind: "ok", help: "Both sides have spoken" },
	ASSURED: { kind: "ok", help: "Traffic both ways for some time" },
	REPLIED: { kind: "ok", help: "The other side has answered" },
	SEEN_REPLY: { kind: "ok", help: "The other side has answered" },
	SYN_SENT: { kind: "wait", help: "The opening packet is out, no answer yet" },
	SYN_SENT2: { kind: "wait", help: "Both sides opened at once" },
	SYN_RECV: { kind: "wait", help: "Answered, the handshake is not over" },
	UNREPLIED: { kind: "wait", help: "Nothing has come back yet" },
	FIN_WAIT: { kind: "end", help: "One side has said goodbye" },
	CLOSE_WAIT: { kind: "end", help: "The other side has said goodbye" },
	LAST_ACK: { kind: "end", help: "Waiting for the last acknowledgement" },
	TIME_WAIT: { kind: "end", help: "Over; the ports rest for a while" },
	CLOSE: { kind: "end", help: "Over" },
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
			<span class="faint" title="No conntrack entry is known">
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
	fin: "ended in order (FIN)",
	rst: "cut off (RST)",
	timeout: "silent for too long",
	evicted: "made room for newer flows",
	reused: "the ports were used again",
	ended: "ended here by a user",
};

/** Why a flow ended; null while it lives. */
export const closedReason = (closed: Value): string | null =>
	typeof closed === "string" && closed ? closed : null;

export function ClosedWord({ closed }: { closed: Value }) {
	const why = closedReason(closed) ?? "";
	return (
		<span class="state end" title={REASONS[why] ?? why}>
			<Shape kind={why === "rst" ? "bad" : "end"} />
			closed <span class="why">{safe(why)}</span>
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
	const upper = proto.toUpperCase();
	return (
		<span class="proto">
			<i class={`tint ${protoTint(l7 === "quic" ? "QUIC" : upper)}`} aria-hidden="true" />
			{safe(upper)}
			{l7 ? <span class="l7">{safe(l7)}</span> : null}
		</span>
	);
}

const SOURCES: Record<string, { short: string; help: string }> = {
	sni: { short: "SNI", help: "The client named it in its TLS hello" },
	quic: { short: "QUIC", help: "The client named it in its QUIC hello" },
	dns: { short: "DNS", help: "A DNS answer to this client gave this address" },
	http: { short: "HTTP", help: "The Host header of the request" },
	ech: {
		short: "ECH",
		help: "Encrypted hello: this is the outer, public name; the real one is hidden",
	},
	dhcp: { short: "DHCP", help: "The host gave this name when it asked for its address" },
	mdns: { short: "mDNS", help: "The host announced this name" },
	lease: { short: "lease", help: "From the lease file of the DHCP server" },
	hosts: { short: "hosts", help: "From a hosts file" },
	operator: { short: "given", help: "An operator gave this name" },
};

export function sourceOf(from: string | null): { short: string; help: string } {
	return SOURCES[from ?? ""] ?? { short: from ?? "", help: `Name from ${from}` };
}

const FLAGS: Record<string, string> = {
	ech: "encrypted hello: the real name is hidden",
	overlap: "segments overlapped with different contents",
	unexplained: "no DNS answer explains this name",
	confirmed: "the server answered the hello that has this name",
	mixed_script: "letters of several scripts: may imitate another name",
	shared: "the answer came to a router that others ask by too: may be another client's",
};

export const flagHelp = (flag: string): string => FLAGS[flag] ?? flag;

const WORD_HELP: Record<string, (word: string) => string | undefined> = {
	state: (word) => STATES[word]?.help,
	"conntrack.state": (word) => STATES[word]?.help,
	closed: (word) => REASONS[word],
	"dst.host_from": (word) => SOURCES[word]?.help,
	"name.flags": (word) => FLAGS[word],
};

/** What a word of a field's closed list means; undefined: it speaks for itself. */
export const wordHelp = (field: string, word: string): string | undefined =>
	WORD_HELP[field]?.(word);

/** A name with how it is known: the mark is part of the text, not only a colour. */
export function NameFrom({ name, from }: { name: string; from: string }) {
	return (
		<span class="named">
			<bdi class="cut">{safe(name)}</bdi>
			{from ? (
				<abbr class={`from ${from}`} title={sourceOf(from).help}>
					{safe(sourceOf(from).short)}
				</abbr>
			) : null}
		</span>
	);
}
