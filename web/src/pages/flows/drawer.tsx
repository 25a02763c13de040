// SPDX-License-Identifier: BSD-2-Clause
// One flow in full, beside the table (over it on phones), with an address of its own.

import { at } from "../../core/base";
import { type Signal, signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { ApiError, ask, reason } from "../../api/client";
import { now, paused, refreshes, summary } from "../../api/state";
import type { Flow, Health } from "../../api/types";
import { Bandwidth, rateTable } from "../../charts/bandwidth";
import type { RateData } from "../../data/series";
import { fields, fieldsAsked } from "../../data/fields";
import { usePolled } from "../../data/polled";
import * as fmt from "../../core/format";
import { href, params } from "../../core/route";
import { units } from "../../core/settings";
import { endpoint, safe } from "../../core/text";
import { Icon } from "../../ui/icons";
import { seldom } from "../../ui/later";
import { Panel } from "../../ui/panel";
import { copy } from "../../ui/toast";
import { whyNoAct } from "../../data/rules";
import { closeFlow, confirmForget, confirmKill, whyNoForget } from "./acts";
import { closedHelp, ProtoBadge, StateBadge, scopeName, written } from "../../ui/cells";
import { copiesOf } from "./copies";
import { forgetSeen, Names, Timeline } from "./course";
import { Counters, type Fact, Facts, factsOf, unknownFact, unknownOf } from "./facts";
import { type Looks, whyUnknown } from "./why";
import { labelOf, t } from "../../words/t";

const EMPTY: RateData = { t: [], up: [], down: [] };
const flow = signal<Flow | null>(null);
const failure = signal<string | null>(null);

const KEPT = 300;

/** When a flow ended: as it was last seen here, or by its address. */
function endOf(id: string): string | null {
	const known = flow.peek();
	if (known?.id === id) return known.closed ? known.closed.at : known.last_seen;
	return params.peek().get("ended");
}

/** Of a flow that is not kept: the server knows ends for longer, and says when in its detail. */
function gonesWords(id: string, detail: string | null): string {
	const ended = /\d{4}-\d\d-\d\dT[\d:.]+Z/.exec(detail ?? "")?.[0] ?? endOf(id);
	return ended ? t("flows.endedNotKept", { ended: fmt.fullTime(ended) }) : t("flows.notInTable");
}

/** The address of a flow; of one that is over, with when that was. */
function linkOf(id: string): string {
	const ended = flow.peek()?.closed ? endOf(id) : params.peek().get("ended");
	return `${location.origin}${at(`/flows/${id}`)}${ended ? `?ended=${encodeURIComponent(ended)}` : ""}`;
}

async function load(id: string, trace: Signal<RateData>, abort: AbortSignal): Promise<void> {
	try {
		const found = await ask<Flow>(`flows/${encodeURIComponent(id)}`, { signal: abort });
		flow.value = found;
		failure.value = null;
		if (found.closed) return; // the trace ends where the flow did
		const { t, up, down } = trace.peek();
		trace.value = {
			t: [...t, now.peek() / 1000].slice(-KEPT),
			up: [...up, found.rate_bps.up].slice(-KEPT),
			down: [...down, found.rate_bps.down].slice(-KEPT),
		};
	} catch (error) {
		if ((error as Error).name === "AbortError") return;
		const problem = error instanceof ApiError ? error.problem : null;
		const gone = problem?.status === 404 || problem?.status === 410;
		failure.value = gone ? gonesWords(id, problem.detail ?? null) : reason(error);
	}
}

function Titled({ title, children }: { title: string; children: ComponentChildren }) {
	return (
		<section class="part">
			<h3>{title}</h3>
			{children}
		</section>
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
				aria-label={t("word.copyWhat", { what: ip })}
				onClick={() => void copy(ip, ip)}
			>
				<Icon name="copy" size={14} />
			</button>
		</div>
	);
}

function Interfaces({ f }: { f: Flow }) {
	const bytes = (n: number) => fmt.bytes(n, units.value);
	return (
		<Facts
			facts={f.ifaces.map((i): Fact => [
				safe(i.name),
				`↑ ${bytes(i.bytes.up)}, ↓ ${bytes(i.bytes.down)}`,
			])}
		/>
	);
}

/** The sections that are looked at most come first. */
const FIRST = ["Judge", "Traffic", "Time", "Quality", "Name", "TLS", "Path", "Conntrack"];

type Part = (f: Flow, trace: RateData, looks: Looks | null) => ComponentChildren;

const Why = seldom((parts) => parts.Why);

/** What a section has beside facts. */
const PARTS: Record<string, Part> = {
	Judge: (f) => <Why f={f} />,
	Traffic: (f, trace) => (
		<>
			<Counters f={f} />
			{trace.t.length ? (
				<Panel
					title={t("word.rate")}
					help={t("flows.rateSincePanel")}
					area="in-drawer"
					heading="h4"
					table={() => rateTable(trace)}
				>
					<Bandwidth data={trace} height={110} label={t("flows.rateSincePanel")} />
				</Panel>
			) : null}
		</>
	),
	Time: (f) => <Timeline f={f} />,
	Name: (f, _, looks) =>
		f.names.length ? (
			<Names names={f.names} />
		) : f.dst.host || !looks ? null : (
			<Facts
				facts={[unknownFact([t("word.name")], whyUnknown("dst.host", f, looks) ?? "")]}
			/>
		),
	Path: (f) => <Interfaces f={f} />,
};

interface Shown {
	f: Flow;
	trace: RateData;
	/** null: not asked yet */
	looks: Looks | null;
}

function Section({ f, name, trace, looks }: Shown & { name: string }) {
	const facts = [...factsOf(f, name), ...(looks ? unknownOf(f, name, looks) : [])];
	const part = PARTS[name]?.(f, trace, looks);
	if (!part && !facts.length) return null;
	return (
		<Titled title={labelOf(name, name)}>
			{part}
			<Facts facts={facts} />
		</Titled>
	);
}

function Head({ f }: { f: Flow }) {
	return (
		<div class="drawer-ends">
			<EndLine label={t("word.from")} {...f.src} />
			<EndLine label={t("flows.to")} {...f.dst} />
			<div class="drawer-badges">
				<ProtoBadge proto={f.proto} l7={f.l7 ?? ""} />
				{f.closed ? (
					<span class="state end" title={closedHelp(f.closed.reason)}>
						{t("word.closed")} ({safe(f.closed.reason)})
					</span>
				) : (
					<StateBadge state={f.state} />
				)}
				{f.service ? <span class="chip flat">{written("service", f.service)}</span> : null}
				<span class="chip flat">{scopeName(f.scope)}</span>
			</div>
		</div>
	);
}

function DrawerActs({ f }: { f: Flow }) {
	const ends = {
		id: f.id,
		proto: written("proto", f.proto),
		src: endpoint(f.src.ip, f.src.port),
		dst: endpoint(f.dst.ip, f.dst.port),
		name: safe(f.dst.host),
	};
	const noForget = whyNoForget();
	return (
		<div class="drawer-acts">
			<button
				type="button"
				class="danger-line"
				disabled={!!f.closed || whyNoAct() !== null}
				title={whyNoAct() ?? undefined}
				onClick={() => confirmKill(ends)}
			>
				<Icon name="close" />
				{t("flows.kill")}
			</button>
			<button
				type="button"
				class="danger-line"
				disabled={!!f.closed || noForget !== null}
				title={noForget ?? undefined}
				onClick={() => confirmForget(ends)}
			>
				<Icon name="trash" />
				{t("flows.deleteConntrackEntry")}
			</button>
			{noForget ? <span class="faint">{noForget}</span> : null}
		</div>
	);
}

function Body({ f, trace, looks }: Shown) {
	const sections = new Set([...FIRST, ...fields.value.map((field) => field.section)]);
	return (
		<>
			<Head f={f} />
			{[...sections].map((name) => (
				<Section key={name} f={f} name={name} trace={trace} looks={looks} />
			))}
			<Titled title={t("flows.copyAs")}>
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
			</Titled>
			<details class="raw">
				<summary>{t("flows.rawJson")}</summary>
				<pre tabIndex={0}>{JSON.stringify(f, null, 2)}</pre>
			</details>
			<DrawerActs f={f} />
		</>
	);
}

export function Drawer({ id }: { id: string }) {
	const ref = useRef<HTMLElement>(null);
	const trace = useSignal<RateData>(EMPTY);
	useEffect(() => {
		flow.value = null;
		failure.value = null;
		forgetSeen();
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
	const looks = usePolled<Health>("health", {}, 15).data.value;
	const f = fieldsAsked.value && flow.value?.id === id ? flow.value : null;
	return (
		<aside
			ref={ref}
			class="drawer"
			tabIndex={-1}
			aria-label={t("flows.flowDetails")}
			onKeyDown={(event) => event.key === "Escape" && closeFlow()}
		>
			<header class="drawer-head">
				<h2>
					{t("flows.flow")} <span class="mono faint">{safe(id)}</span>
				</h2>
				<button
					type="button"
					class="ghost icon-only"
					aria-label={t("flows.copyLink")}
					title={t("flows.copyLink")}
					onClick={() => void copy(linkOf(id), t("word.link"))}
				>
					<Icon name="link" />
				</button>
				<button
					type="button"
					class="ghost icon-only"
					aria-label={t("flows.closeDetails")}
					title={t("flows.closeEsc")}
					onClick={closeFlow}
				>
					<Icon name="close" />
				</button>
			</header>
			<div class="drawer-body">
				{failure.value ? <p class="drawer-note">{failure.value}</p> : null}
				{f ? (
					<Body f={f} trace={trace.value} looks={looks} />
				) : failure.value ? null : (
					<p class="faint drawer-note">{t("word.loading")}</p>
				)}
			</div>
		</aside>
	);
}
