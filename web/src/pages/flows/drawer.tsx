// SPDX-License-Identifier: BSD-2-Clause
// One flow in full, beside the table (over it on phones), with an address of its own.

import { type Signal, signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { ApiError, ask, reason } from "../../api/client";
import { now, paused, refreshes, summary } from "../../api/state";
import type { Flow, FlowName } from "../../api/types";
import { Bandwidth } from "../../charts/bandwidth";
import type { RateData } from "../../data/series";
import * as filter from "../../core/filter";
import * as fmt from "../../core/format";
import { flowsWith } from "../../core/pagefilter";
import { href } from "../../core/route";
import { units } from "../../core/settings";
import { endpoint, safe } from "../../core/text";
import { Icon } from "../../ui/icons";
import { copy } from "../../ui/toast";
import { closeFlow, confirmForget, whyNoForget } from "./acts";
import { closedHelp, ProtoBadge, sourceOf, StateBadge } from "../../ui/cells";
import { copiesOf } from "./copies";

const EMPTY: RateData = { t: [], up: [], down: [] };
const flow = signal<Flow | null>(null);
const failure = signal<string | null>(null);

const KEPT = 300;

async function load(id: string, trace: Signal<RateData>, abort: AbortSignal): Promise<void> {
	try {
		const found = await ask<Flow>(`flows/${encodeURIComponent(id)}`, { signal: abort });
		flow.value = found;
		failure.value = null;
		const { t, up, down } = trace.peek();
		trace.value = {
			t: [...t, now.peek() / 1000].slice(-KEPT),
			up: [...up, found.rate_bps.up].slice(-KEPT),
			down: [...down, found.rate_bps.down].slice(-KEPT),
		};
	} catch (error) {
		if ((error as Error).name === "AbortError") return;
		const gone = error instanceof ApiError && error.problem.status === 404;
		failure.value = gone
			? "This flow is not in the table any more: closed flows are kept for a while only."
			: reason(error);
	}
}

function Part({ title, children }: { title: string; children: ComponentChildren }) {
	return (
		<section class="part">
			<h3>{title}</h3>
			{children}
		</section>
	);
}

/** A list of facts; those that are unknown are left out. */
function Facts({ facts }: { facts: [string, ComponentChildren, string?][] }) {
	const known = facts.filter(
		([, value]) => value !== null && value !== undefined && value !== "",
	);
	if (!known.length) return <p class="faint">Nothing is known.</p>;
	return (
		<dl class="facts">
			{known.map(([name, value, title]) => (
				<div key={name}>
					<dt>{name}</dt>
					<dd title={title}>{value}</dd>
				</div>
			))}
		</dl>
	);
}

function EndLine({
	label,
	ip,
	port,
	host,
}: {
	label: string;
	ip: string;
	port: number | null;
	host: string | null;
}) {
	return (
		<div class="end-line">
			<span class="end-label">{label}</span>
			<span class="end-text">
				{host ? <bdi class="strong">{safe(host)}</bdi> : null}
				<a class="mono" href={href(`/hosts/${ip}`)}>
					{endpoint(ip, port)}
				</a>
			</span>
			<button
				type="button"
				class="ghost icon-only"
				aria-label={`Copy ${ip}`}
				onClick={() => void copy(ip, ip)}
			>
				<Icon name="copy" size={14} />
			</button>
		</div>
	);
}

const bytesTitle = (n: number) => `${fmt.count(n)} bytes`;

function Counters({ f }: { f: Flow }) {
	const cells = (["up", "down"] as const).map((way) => (
		<tr key={way}>
			<th scope="row">
				<span class={`arrow ${way}`} aria-hidden="true">
					{way === "up" ? "↑" : "↓"}
				</span>{" "}
				{way === "up" ? "Upload" : "Download"}
			</th>
			<td title={bytesTitle(f.bytes[way])}>{fmt.bytes(f.bytes[way], units.value)}</td>
			<td>{fmt.count(f.packets[way])}</td>
			<td>{f.closed ? fmt.NONE : fmt.rate(f.rate_bps[way], units.value)}</td>
		</tr>
	));
	return (
		<table class="small">
			<thead>
				<tr>
					<th scope="col">Direction</th>
					<th scope="col">Bytes</th>
					<th scope="col">Packets</th>
					<th scope="col">Rate</th>
				</tr>
			</thead>
			<tbody>{cells}</tbody>
		</table>
	);
}

const FLAGS: Record<string, string> = {
	ech: "encrypted hello: the real name is hidden",
	overlap: "segments overlapped with different contents",
	unexplained: "no DNS answer explains this name",
	confirmed: "the server answered the hello that has this name",
	mixed_script: "letters of several scripts: may imitate another name",
};

function Names({ names }: { names: FlowName[] }) {
	return (
		<ul class="names">
			{names.map((n) => (
				<li key={n.name + n.source}>
					<a href={flowsWith(filter.term("dst.host", n.name))}>
						<bdi>{safe(n.name)}</bdi>
					</a>
					{n.unicode ? (
						<bdi title="The same name, in Unicode">{safe(n.unicode)}</bdi>
					) : null}
					<span class="faint">
						{sourceOf(n.source).help}
						{`, ${fmt.duration(n.age_s * 1000)} ago`}
					</span>
					{n.flags.map((flag) => (
						<span key={flag} class="chip flat" title={FLAGS[flag]}>
							{flag}
						</span>
					))}
				</li>
			))}
		</ul>
	);
}

const HELLOS = new Set(["sni", "quic", "http", "ech"]);

/** When a name was seen. Its age comes in whole seconds: the first reckoning stays, so that it does not tremble. */
const seenAt = new Map<string, number>();

function timeOf(f: Flow, n: FlowName): number {
	const key = `${f.id} ${n.source} ${n.name}`;
	const at =
		seenAt.get(key) ??
		Math.max(Date.parse(f.first_seen) + (f.rtt_ms ?? 0), now.peek() - n.age_s * 1000);
	seenAt.set(key, at);
	return at;
}

/** What is known of its course, in order: each with its distance from the first packet. */
function courseOf(f: Flow): [string, number][] {
	const first = Date.parse(f.first_seen);
	const steps: [string, number][] = [
		[f.partial ? "first seen, in mid-stream" : "first packet", first],
	];
	if (f.rtt_ms != null && !f.partial)
		steps.push([f.proto === "tcp" ? "handshake answered" : "answered", first + f.rtt_ms]);
	for (const n of f.names)
		if (HELLOS.has(n.source ?? ""))
			steps.push([`${sourceOf(n.source).short} ${safe(n.name)}`, timeOf(f, n)]);
	steps.push(["last packet", Date.parse(f.last_seen)]);
	if (f.closed)
		steps.push([
			`closed: ${closedHelp(f.closed.reason)}`,
			Date.parse(f.closed.at ?? f.last_seen),
		]);
	return steps.sort((a, b) => a[1] - b[1]);
}

function Timeline({ f }: { f: Flow }) {
	const steps = courseOf(f);
	return (
		<ol class="timeline">
			{steps.map(([what, at]) => (
				<li key={what}>
					<time
						class="mono"
						dateTime={new Date(at).toISOString()}
						title={fmt.fullTime(at)}
					>
						{fmt.clock(at, true)}
					</time>
					<span class="timeline-what">{what}</span>
					<span class="faint">
						{at > steps[0]![1] ? `+${fmt.durationFine(at - steps[0]![1])}` : ""}
					</span>
				</li>
			))}
		</ol>
	);
}

function Body({ f, trace }: { f: Flow; trace: RateData }) {
	const ct = f.conntrack;
	return (
		<>
			<div class="drawer-ends">
				<EndLine label="From" {...f.src} />
				<EndLine label="To" {...f.dst} />
				<div class="drawer-badges">
					<ProtoBadge proto={f.proto} l7={f.l7 ?? ""} />
					{f.closed ? (
						<span class="state end" title={closedHelp(f.closed.reason)}>
							closed ({safe(f.closed.reason)})
						</span>
					) : (
						<StateBadge state={f.state} />
					)}
					{f.service ? <span class="chip flat">{safe(f.service)}</span> : null}
					{f.scope ? <span class="chip flat">{f.scope.replace("-", " → ")}</span> : null}
				</div>
			</div>
			<Part title="Traffic">
				<Counters f={f} />
				{f.closed ? null : (
					<Bandwidth data={trace} height={110} label="Rate since this panel was opened" />
				)}
			</Part>
			<Part title="Time">
				<Timeline f={f} />
				<Facts
					facts={[
						["Duration", fmt.duration(f.duration_ms), `${fmt.count(f.duration_ms)} ms`],
						["Round trip", f.rtt_ms != null ? fmt.durationFine(f.rtt_ms) : null],
					]}
				/>
			</Part>
			<Part title="Name">
				{f.names.length ? (
					<Names names={f.names} />
				) : f.dst.host ? (
					<Facts
						facts={[
							["Name", <bdi key="n">{safe(f.dst.host)}</bdi>],
							["Known from", f.dst.host_from ? sourceOf(f.dst.host_from).help : null],
						]}
					/>
				) : (
					<p class="faint">
						No name was seen: no TLS, QUIC or HTTP hello, and no DNS answer for this
						address.
					</p>
				)}
				{f.tls ? (
					<Facts
						facts={[
							["ALPN", f.tls.alpn.map(safe).join(", ")],
							["TLS", f.tls.version],
							[
								"JA4",
								f.tls.ja4 ? (
									<span key="j" class="mono">
										{safe(f.tls.ja4)}
									</span>
								) : null,
							],
							["Group", f.tls.group],
							[
								"Groups offered",
								f.tls.groups.length
									? `${f.tls.groups.map(safe).join(", ")}${f.tls.pq ? " (post-quantum)" : ""}`
									: null,
							],
							["Cipher", f.tls.cipher],
						]}
					/>
				) : null}
			</Part>
			<Part title="Path">
				<Facts
					facts={[
						[
							"Interface",
							f.ifaces
								.map(
									(i) =>
										`${safe(i.name)} (↑ ${fmt.bytes(i.bytes.up, units.value)}, ↓ ${fmt.bytes(i.bytes.down, units.value)})`,
								)
								.join("; ") || f.iface,
						],
						["Direction", f.direction],
						[
							"NAT",
							f.nat?.kind
								? `${f.nat.kind.toUpperCase()} ${f.nat.src ?? ""}${f.nat.src && f.nat.dst ? " → " : ""}${f.nat.dst ?? ""}`
								: "none seen",
						],
					]}
				/>
			</Part>
			<Part title="Conntrack">
				<Facts
					facts={
						ct
							? [
									["State", ct.state],
									["Flags", ct.flags.join(" ")],
									[
										"Times out in",
										ct.timeout_s != null
											? fmt.duration(ct.timeout_s * 1000)
											: null,
									],
									["Mark", ct.mark ? `0x${ct.mark.toString(16)}` : "0"],
									["Zone", ct.zone],
									["Id", ct.id],
								]
							: []
					}
				/>
				{f.tcp ? (
					<Facts
						facts={[
							[
								"TCP flags ↑",
								<span key="u" class="mono">
									{f.tcp.flags_up}
								</span>,
							],
							[
								"TCP flags ↓",
								<span key="d" class="mono">
									{f.tcp.flags_down}
								</span>,
							],
						]}
					/>
				) : null}
			</Part>
			<Part title="Copy as">
				<div class="copies">
					{copiesOf(f).map(([what, text]) => (
						<button
							type="button"
							key={what}
							class="chip"
							title={text}
							onClick={() => void copy(text, what)}
						>
							<Icon name="copy" size={13} />
							{what}
						</button>
					))}
				</div>
			</Part>
			<details class="raw">
				<summary>Raw JSON</summary>
				<pre tabIndex={0}>{JSON.stringify(f, null, 2)}</pre>
			</details>
			<div class="drawer-acts">
				<button
					type="button"
					class="danger-line"
					disabled={!!f.closed || whyNoForget() !== null}
					title={whyNoForget() ?? undefined}
					onClick={() =>
						confirmForget({
							id: f.id,
							proto: f.proto.toUpperCase(),
							src: endpoint(f.src.ip, f.src.port),
							dst: endpoint(f.dst.ip, f.dst.port),
							name: safe(f.dst.host),
						})
					}
				>
					<Icon name="trash" />
					Delete conntrack entry…
				</button>
				{whyNoForget() ? <span class="faint">{whyNoForget()}</span> : null}
			</div>
		</>
	);
}

export function Drawer({ id }: { id: string }) {
	const ref = useRef<HTMLElement>(null);
	const trace = useSignal<RateData>(EMPTY);
	useEffect(() => {
		flow.value = null;
		failure.value = null;
		seenAt.clear();
		trace.value = EMPTY;
		ref.current?.focus({ preventScroll: true });
	}, [id]);
	const beat = paused.value ? 0 : (summary.value?.epoch ?? 0);
	const again = refreshes.value;
	useEffect(() => {
		const abort = new AbortController();
		void load(id, trace, abort.signal);
		return () => abort.abort();
	}, [id, beat, again]);
	const f = flow.value?.id === id ? flow.value : null;
	return (
		<aside
			ref={ref}
			class="drawer"
			tabIndex={-1}
			aria-label="Flow details"
			onKeyDown={(event) => event.key === "Escape" && closeFlow()}
		>
			<header class="drawer-head">
				<h2>
					Flow <span class="mono faint">{safe(id)}</span>
				</h2>
				<button
					type="button"
					class="ghost icon-only"
					aria-label="Copy link"
					title="Copy link"
					onClick={() => void copy(`${location.origin}/flows/${id}`, "link")}
				>
					<Icon name="link" />
				</button>
				<button
					type="button"
					class="ghost icon-only"
					aria-label="Close details"
					title="Close (Esc)"
					onClick={closeFlow}
				>
					<Icon name="close" />
				</button>
			</header>
			<div class="drawer-body">
				{failure.value ? <p class="drawer-note">{failure.value}</p> : null}
				{f ? (
					<Body f={f} trace={trace.value} />
				) : failure.value ? null : (
					<p class="faint drawer-note">Loading…</p>
				)}
			</div>
		</aside>
	);
}
