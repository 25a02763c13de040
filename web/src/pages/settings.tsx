// SPDX-License-Identifier: BSD-2-Clause
// Settings of this browser, and About: what runs, what it holds, every counter.

import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { linkState } from "../api/state";
import type { Database, Health, ListFile } from "../api/types";
import { session, signOut } from "../data/access";
import * as filter from "../core/filter";
import * as fmt from "../core/format";
import { usePolled } from "../data/polled";
import { density, keysOn, motion, nameFirst, refreshEvery, theme, units } from "../core/settings";
import { safe } from "../core/text";
import { ActButton } from "../ui/actmenu";
import { Icon } from "../ui/icons";
import { showKeys } from "../ui/keyhelp";
import { Segment } from "../ui/segment";
import { copy } from "../ui/toast";
import { chooseLanguage, chosenLanguage, LANGUAGES } from "../words/chosen";
import { rich, t } from "../words/t";

function Choice<T extends string>({
	label,
	help,
	value,
	options,
	onPick,
}: {
	label: string;
	help?: string;
	value: T;
	options: [T, string][];
	onPick: (v: T) => void;
}) {
	return (
		<div class="setting">
			<div>
				<div class="setting-name">{label}</div>
				{help ? <div class="faint setting-help">{help}</div> : null}
			</div>
			<Segment label={label} value={value} options={options} onPick={onPick} />
		</div>
	);
}

const setter =
	<T,>(target: Signal<T>) =>
	(value: T) => {
		target.value = value;
	};

function Card({ title, children }: { title: string; children: ComponentChildren }) {
	return (
		<section class="card-box" aria-label={title}>
			<h2>{title}</h2>
			{children}
		</section>
	);
}

function Preferences() {
	return (
		<Card title={t("settings.browser")}>
			<Choice
				label={t("settings.theme")}
				value={theme.value}
				options={[
					["system", t("settings.system")],
					["light", t("settings.light")],
					["dark", t("settings.dark")],
				]}
				onPick={setter(theme)}
			/>
			<div class="setting">
				<div>
					<div class="setting-name">{t("settings.language")}</div>
					<div class="faint setting-help">{t("settings.languageHelp")}</div>
				</div>
				<select
					aria-label={t("settings.language")}
					value={chosenLanguage}
					onChange={(event) => chooseLanguage(event.currentTarget.value)}
				>
					<option value="">{t("settings.languageSystem")}</option>
					{LANGUAGES.map(([tag, name]) => (
						<option key={tag} value={tag} lang={tag}>
							{name}
						</option>
					))}
				</select>
			</div>
			<Choice
				label={t("settings.rows")}
				value={density.value}
				options={[
					["compact", t("settings.compact")],
					["normal", t("settings.normal")],
					["roomy", t("settings.roomy")],
				]}
				onPick={setter(density)}
			/>
			<Choice
				label={t("settings.rates")}
				value={units.value.rate}
				options={[
					["bits", "bit/s"],
					["bytes", "B/s"],
				]}
				onPick={(rate) => {
					units.value = { ...units.value, rate };
				}}
			/>
			<Choice
				label={t("settings.prefixes")}
				help={t("settings.prefixesHelp")}
				value={units.value.base}
				options={[
					["si", "k M G"],
					["iec", "Ki Mi Gi"],
				]}
				onPick={(base) => {
					units.value = { ...units.value, base };
				}}
			/>
			<Choice
				label={t("settings.ends")}
				value={nameFirst.value}
				options={[
					["name", t("settings.nameFirst")],
					["address", t("settings.addressFirst")],
				]}
				onPick={setter(nameFirst)}
			/>
			<Choice
				label={t("settings.refresh")}
				help={t("settings.refreshHelp")}
				value={String(refreshEvery.value)}
				options={[
					["1", "1 s"],
					["2", "2 s"],
					["5", "5 s"],
				]}
				onPick={(v) => {
					refreshEvery.value = Number(v);
				}}
			/>
			<Choice
				label={t("settings.motion")}
				value={motion.value}
				options={[
					["system", t("settings.asTheSystem")],
					["off", t("settings.off")],
				]}
				onPick={setter(motion)}
			/>
			<Choice
				label={t("settings.singleKeys")}
				help={t("settings.singleKeysHelp")}
				value={keysOn.value ? "on" : "off"}
				options={[
					["on", t("settings.on")],
					["off", t("settings.off")],
				]}
				onPick={(v) => {
					keysOn.value = v === "on";
				}}
			/>
			<div class="setting">
				<div class="setting-name">{t("settings.keyboardMap")}</div>
				<button type="button" class="icon-text" onClick={showKeys}>
					<Icon name="keyboard" />
					{t("settings.show")}
				</button>
			</div>
			{session.value?.login_required ? (
				<div class="setting">
					<div class="setting-name">
						{t("settings.signedInAs", { role: session.value.role ?? "" })}
					</div>
					<button
						type="button"
						onClick={() =>
							void signOut().then(() => {
								linkState.value = "signed-out";
							})
						}
					>
						{t("settings.signOut")}
					</button>
				</div>
			) : null}
		</Card>
	);
}

const COMMANDS: [string, string][] = [
	["bpftool map dump name fb_flows", t("settings.cmdFlows")],
	["bpftool map dump name fb_names", t("settings.cmdNames")],
	["bpftool net", t("settings.cmdNet")],
	["bpftool prog show name flowbpf_ingress", t("settings.cmdProg")],
	["sysctl -w kernel.bpf_stats_enabled=1", t("settings.cmdStats")],
	["flowbpf status", t("settings.cmdStatus")],
	["flowbpf doctor", t("settings.cmdDoctor")],
];

function Fill({ name, used, max }: { name: string; used: number; max: number }) {
	const part = max > 0 ? used / max : 0;
	return (
		<div class="fill">
			<span class="mono">{name}</span>
			<span
				class="meter"
				role="meter"
				aria-label={t("settings.inUse", { name })}
				aria-valuemin={0}
				aria-valuemax={max}
				aria-valuenow={used}
			>
				<i
					class={part > 0.9 ? "bad" : part > 0.7 ? "warn" : ""}
					style={{ width: `${100 * part}%` }}
				/>
			</span>
			<span class="fill-n">
				{fmt.count(used)} / {fmt.count(max)}
			</span>
		</div>
	);
}

const VERDICT = {
	ok: [t("settings.allWell"), "ok"],
	degraded: [t("settings.degraded"), "warn"],
	down: [t("settings.nothingAttached"), "bad"],
} as const;

function About({ h }: { h: Health }) {
	const [words, kind] = VERDICT[h.status];
	const facts: [string, ComponentChildren][] = [
		[
			t("settings.health"),
			<strong key="s" class={`verdict ${kind}`}>
				{words}
			</strong>,
		],
		[t("settings.version"), h.version],
		[t("settings.kernel"), h.kernel],
		[t("settings.runningFor"), fmt.duration(h.uptime_s * 1000)],
		[t("settings.process"), t("settings.pidUid", { pid: String(h.pid), uid: String(h.uid) })],
		[
			t("settings.tick"),
			t("settings.tickTimes", {
				last: fmt.micros(h.tick.last_us),
				half: fmt.micros(h.tick.p50_us),
				most: fmt.micros(h.tick.p99_us),
			}),
		],
	];
	return (
		<>
			<Card title={t("settings.about")}>
				<dl class="facts">
					{facts.map(([name, value]) => (
						<div key={name}>
							<dt>{name}</dt>
							<dd>{value}</dd>
						</div>
					))}
				</dl>
				{h.reasons.length ? (
					<ul class="plain">
						{h.reasons.map((r) => (
							<li key={r}>{safe(r)}</li>
						))}
					</ul>
				) : null}
				<h3>{t("settings.maps")}</h3>
				{Object.entries(h.maps).map(([name, m]) => (
					<Fill key={name} name={name} {...m} />
				))}
				<p class="faint">
					{rich("settings.ringBuffer", {
						size: fmt.bytes(h.ring.bytes, { ...units.value, base: "iec" }),
						full: h.ring.lost ? (
							<span class="bad-text">
								{t("settings.foundFull", { n: h.ring.lost })}
							</span>
						) : (
							t("settings.neverFull")
						),
					})}
				</p>
			</Card>
			<Card title={t("settings.kernelPrograms")}>
				<div
					class="twin"
					tabIndex={0}
					role="group"
					aria-label={t("settings.kernelPrograms")}
				>
					<table class="small">
						<thead>
							<tr>
								<th scope="col">{t("settings.program")}</th>
								<th scope="col">{t("settings.id")}</th>
								<th scope="col">{t("settings.runs")}</th>
								<th scope="col" title={t("settings.nsPacketHelp")}>
									{t("settings.nsPacket")}
								</th>
							</tr>
						</thead>
						<tbody>
							{h.programs.map((p) => (
								<tr key={p.id}>
									<th scope="row" class="mono">
										{p.name}
									</th>
									<td>{p.id}</td>
									<td>{p.runs ? fmt.count(p.runs) : fmt.NONE}</td>
									<td>
										{p.ns_per_run === null
											? fmt.NONE
											: fmt.digits3(p.ns_per_run)}
									</td>
								</tr>
							))}
						</tbody>
					</table>
				</div>
				{h.programs.some((p) => p.ns_per_run === null) ? (
					<p class="faint">
						{rich("settings.countedWhile", {
							setting: <code>kernel.bpf_stats_enabled</code>,
						})}
					</p>
				) : null}
			</Card>
			<Card title={t("settings.interfaces")}>
				<div class="twin" tabIndex={0} role="group" aria-label={t("settings.interfaces")}>
					<table class="small">
						<thead>
							<tr>
								<th scope="col">{t("word.name")}</th>
								<th scope="col" class="words">
									{t("settings.hook")}
								</th>
								<th scope="col" class="words">
									{t("word.state")}
								</th>
								<th scope="col">{t("settings.packetsIn")}</th>
								<th scope="col">{t("settings.packetsOut")}</th>
								<th scope="col">{t("settings.droppedQueue")}</th>
							</tr>
						</thead>
						<tbody>
							{h.interfaces.map((i) => (
								<tr key={i.name}>
									<th scope="row" class="mono">
										{safe(i.name)}
									</th>
									<td class="words">{i.hook}</td>
									<td class="words">
										{i.state}
										{i.reason ? `: ${safe(i.reason)}` : ""}
									</td>
									<td>{fmt.count(i.packets.rx)}</td>
									<td>{fmt.count(i.packets.tx)}</td>
									<td>{fmt.count(i.queue_dropped)}</td>
								</tr>
							))}
						</tbody>
					</table>
				</div>
				{h.waits_for ? (
					<p>
						{rich("settings.waitsFor", {
							name: <span class="mono">{safe(h.waits_for)}</span>,
						})}
					</p>
				) : null}
				<p class="faint">{t("settings.packetsOutHelp")}</p>
			</Card>
			<Card title={t("settings.counters")}>
				<p class="faint">{t("settings.countersHelp")}</p>
				<div
					class="twin tall"
					tabIndex={0}
					role="group"
					aria-label={t("settings.counters")}
				>
					<table class="small counters">
						<thead>
							<tr>
								<th scope="col">{t("settings.counter")}</th>
								<th scope="col">{t("settings.value")}</th>
							</tr>
						</thead>
						<tbody>
							{Object.entries(h.counters).map(([name, c]) => (
								<tr key={name}>
									<th scope="row">
										<span class="mono">{name}</span>
										<span class="faint counter-help">{c.help}</span>
									</th>
									<td class={c.loss && c.value ? "bad-text" : ""}>
										{fmt.count(c.value)}
									</td>
								</tr>
							))}
						</tbody>
					</table>
				</div>
			</Card>
		</>
	);
}

/** Whose data it is has to stand where it is shown. */
function Places() {
	const files = usePolled<{ items: Database[] }>("geo", {}, 30).data.value?.items;
	if (!files) return null;
	return (
		<Card title={t("settings.places")}>
			{files.length ? null : (
				<p class="faint">
					{rich("settings.placesNone", { command: <code>sudo make geo</code> })}
				</p>
			)}
			{files.map((one) => (
				<div key={one.file} class="setting">
					<div>
						<div class="setting-name mono wrap">{safe(one.file)}</div>
						<div class="faint setting-help">
							{one.in_use
								? t("settings.placesEntries", { n: one.entries })
								: t("settings.placesUnused")}
							{one.built ? ` · ${one.built.slice(0, 10)}` : ""}
							{one.credit ? ` · ${safe(one.credit)}` : ""}
						</div>
						{one.error ? (
							<div class="bad-text setting-help">{safe(one.error)}</div>
						) : null}
					</div>
				</div>
			))}
		</Card>
	);
}

function listFacts(list: ListFile): string {
	const facts = [
		list.in_use
			? t("settings.placesEntries", { n: list.addresses + list.domains + list.ja4 })
			: t("settings.placesUnused"),
	];
	if (list.exceptions) facts.push(t("settings.listsExceptions"));
	if (list.changed) facts.push(list.changed.slice(0, 10));
	if (list.licence) facts.push(safe(list.licence));
	if (list.bad_lines) facts.push(t("settings.listsBad", { n: list.bad_lines }));
	if (list.refused) facts.push(t("settings.listsRefused", { n: list.refused }));
	return facts.join(" · ");
}

function Lists() {
	const lists = usePolled<{ items: ListFile[] }>("lists", {}, 30).data.value?.items;
	if (!lists?.length) return null;
	return (
		<Card title={t("settings.lists")}>
			{lists.map((one) => (
				<div key={one.name} class="setting">
					<div>
						<div class="setting-name wrap">
							{safe(one.name)} <span class="mono faint">{safe(one.file)}</span>
						</div>
						<div class="faint setting-help">{listFacts(one)}</div>
						{one.error ? (
							<div class="bad-text setting-help">{safe(one.error)}</div>
						) : null}
					</div>
					<ActButton
						targets={[
							{
								label: t("acts.ofList", { name: safe(one.name) }),
								what: filter.term("list", one.name),
							},
						]}
					/>
				</div>
			))}
		</Card>
	);
}

export function SettingsPage() {
	const health = usePolled<Health>("health", {}, 2);
	const h = health.data.value;
	return (
		<div class="overview settings">
			<h1>{t("settings.title")}</h1>
			<div class="settings-grid">
				<Preferences />
				{h ? (
					<About h={h} />
				) : (
					<Card title={t("settings.about")}>
						<p class="faint">{health.failed.value ?? t("word.loading")}</p>
					</Card>
				)}
				<Places />
				<Lists />
				<Card title={t("settings.terminal")}>
					<ul class="commands">
						{COMMANDS.map(([command, what]) => (
							<li key={command}>
								<button
									type="button"
									class="ghost icon-only"
									aria-label={t("word.copyWhat", { what: command })}
									onClick={() => void copy(command, t("word.command"))}
								>
									<Icon name="copy" size={14} />
								</button>
								<span>
									<code>{command}</code>
									<span class="faint">{what}</span>
								</span>
							</li>
						))}
					</ul>
				</Card>
			</div>
		</div>
	);
}
