// SPDX-License-Identifier: BSD-2-Clause
// Settings of this browser, and About: what runs, what it holds, every counter.

import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { linkState } from "../api/state";
import type { Health } from "../api/types";
import { session, signOut } from "../data/access";
import * as fmt from "../core/format";
import { usePolled } from "../data/polled";
import { density, keysOn, motion, nameFirst, refreshEvery, theme, units } from "../core/settings";
import { safe } from "../core/text";
import { Icon } from "../ui/icons";
import { showKeys } from "../ui/keyhelp";
import { Segment } from "../ui/segment";
import { copy } from "../ui/toast";

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
		<Card title="This browser">
			<Choice
				label="Theme"
				value={theme.value}
				options={[
					["system", "System"],
					["light", "Light"],
					["dark", "Dark"],
				]}
				onPick={setter(theme)}
			/>
			<Choice
				label="Rows"
				value={density.value}
				options={[
					["compact", "Compact"],
					["normal", "Normal"],
					["roomy", "Roomy"],
				]}
				onPick={setter(density)}
			/>
			<Choice
				label="Rates"
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
				label="Prefixes"
				help="1 kB is 1000 bytes, 1 KiB is 1024"
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
				label="Ends of a flow"
				value={nameFirst.value}
				options={[
					["name", "Name first"],
					["address", "Address first"],
				]}
				onPick={setter(nameFirst)}
			/>
			<Choice
				label="Refresh"
				help="How often figures and rows are shown anew"
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
				label="Motion"
				value={motion.value}
				options={[
					["system", "As the system"],
					["off", "Off"],
				]}
				onPick={setter(motion)}
			/>
			<Choice
				label="Single keys"
				help="Shortcuts without Ctrl"
				value={keysOn.value ? "on" : "off"}
				options={[
					["on", "On"],
					["off", "Off"],
				]}
				onPick={(v) => {
					keysOn.value = v === "on";
				}}
			/>
			<div class="setting">
				<div class="setting-name">Keyboard map</div>
				<button type="button" class="icon-text" onClick={showKeys}>
					<Icon name="keyboard" />
					Show (?)
				</button>
			</div>
			{session.value?.login_required ? (
				<div class="setting">
					<div class="setting-name">Signed in as {session.value.role}</div>
					<button
						type="button"
						onClick={() =>
							void signOut().then(() => {
								linkState.value = "signed-out";
							})
						}
					>
						Sign out
					</button>
				</div>
			) : null}
		</Card>
	);
}

const COMMANDS: [string, string][] = [
	["bpftool map dump name fb_flows", "Every row as the kernel has it"],
	["bpftool map dump name fb_names", "Names by connection"],
	["bpftool net", "What is attached where"],
	["bpftool prog show name flowbpf_ingress", "The program, its run time when statistics are on"],
	["sysctl -w kernel.bpf_stats_enabled=1", "Turn run-time statistics on"],
	["flowbpf status", "The same figures in a terminal"],
	["flowbpf doctor", "What the kernel offers and what is missing"],
];

function Fill({ name, used, max }: { name: string; used: number; max: number }) {
	const part = max > 0 ? used / max : 0;
	return (
		<div class="fill">
			<span class="mono">{name}</span>
			<span
				class="meter"
				role="meter"
				aria-label={`${name} in use`}
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
	ok: ["✓ all is well", "ok"],
	degraded: ["▲ degraded", "warn"],
	down: ["✕ nothing is attached", "bad"],
} as const;

function About({ h }: { h: Health }) {
	const [words, kind] = VERDICT[h.status];
	const facts: [string, ComponentChildren][] = [
		[
			"Health",
			<strong key="s" class={`verdict ${kind}`}>
				{words}
			</strong>,
		],
		["Version", h.version],
		["Kernel", h.kernel],
		["Running for", fmt.duration(h.uptime_s * 1000)],
		["Process", `${h.pid}, uid ${h.uid}`],
		[
			"Tick",
			`last ${fmt.micros(h.tick.last_us)}, half under ${fmt.micros(h.tick.p50_us)}, 99 % under ${fmt.micros(h.tick.p99_us)}`,
		],
	];
	return (
		<>
			<Card title="About">
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
				<h3>Maps</h3>
				{Object.entries(h.maps).map(([name, m]) => (
					<Fill key={name} name={name} {...m} />
				))}
				<p class="faint">
					Ring buffer: {fmt.bytes(h.ring.bytes, { ...units.value, base: "iec" })},{" "}
					{h.ring.lost ? (
						<span class="bad-text">
							▲ {fmt.count(h.ring.lost)} samples found it full
						</span>
					) : (
						"✓ never full"
					)}
				</p>
			</Card>
			<Card title="Kernel programs">
				<div class="twin" tabIndex={0} role="group" aria-label="Kernel programs">
					<table class="small">
						<thead>
							<tr>
								<th scope="col">Program</th>
								<th scope="col">Id</th>
								<th scope="col">Runs</th>
								<th
									scope="col"
									title="Mean time of a run, by the kernel's own statistics"
								>
									ns a packet
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
						Runs and times are counted while <code>kernel.bpf_stats_enabled</code> is 1.
					</p>
				) : null}
			</Card>
			<Card title="Interfaces">
				<div class="twin" tabIndex={0} role="group" aria-label="Interfaces">
					<table class="small">
						<thead>
							<tr>
								<th scope="col">Name</th>
								<th scope="col" class="words">
									Hook
								</th>
								<th scope="col" class="words">
									State
								</th>
								<th scope="col">Packets in</th>
								<th scope="col">Packets out</th>
								<th scope="col">Dropped by its queue</th>
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
						Waits for <span class="mono">{safe(h.waits_for)}</span>
						<span class="faint">: attached as soon as one is there.</span>
					</p>
				) : null}
				<p class="faint">
					Packets out are counted before the interface's queue: those that it dropped are
					among them, and in the counts of flows.
				</p>
			</Card>
			<Card title="Counters">
				<p class="faint">
					Packets of all flows and of the causes that no flow has make up what the
					programs saw, exactly.
				</p>
				<div class="twin tall" tabIndex={0} role="group" aria-label="Counters">
					<table class="small counters">
						<thead>
							<tr>
								<th scope="col">Counter</th>
								<th scope="col">Value</th>
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

export function SettingsPage() {
	const health = usePolled<Health>("health", {}, 2);
	const h = health.data.value;
	return (
		<div class="overview settings">
			<h1>Settings and about</h1>
			<div class="settings-grid">
				<Preferences />
				{h ? (
					<About h={h} />
				) : (
					<Card title="About">
						<p class="faint">{health.failed.value ?? "Loading…"}</p>
					</Card>
				)}
				<Card title="In a terminal">
					<ul class="commands">
						{COMMANDS.map(([command, what]) => (
							<li key={command}>
								<button
									type="button"
									class="ghost icon-only"
									aria-label={`Copy ${command}`}
									onClick={() => void copy(command, "command")}
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
