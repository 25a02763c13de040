// SPDX-License-Identifier: BSD-2-Clause
// The top bar's small controls: connection lamp, interface picker, pause and refresh, theme.

import {
	hello,
	lamp,
	late,
	linkState,
	now,
	paused,
	refresh,
	retryNow,
	summary,
} from "../api/state";
import { iface } from "../core/pagefilter";
import { setParams } from "../core/route";
import { between, range, RANGES, setBetween, setRange } from "../core/time";
import { narrow, type Theme, theme } from "../core/settings";
import { safe } from "../core/text";
import { Icon, type IconName } from "./icons";
import { type MenuItem, showMenu } from "./menu";

const LAMPS: Record<typeof lamp.value | "paused", { word: string; kind: string; title: string }> = {
	live: { word: "Live", kind: "ok", title: "Connected; figures move every second" },
	delayed: {
		word: "Delayed",
		kind: "warn",
		title: "Connected, but the last tick is some seconds old: figures are as they were then",
	},
	connecting: { word: "Connecting", kind: "warn", title: "Asking for the stream" },
	waiting: {
		word: "Reconnecting",
		kind: "bad",
		title: "flowbpf does not answer; press to try now",
	},
	polling: {
		word: "Polling",
		kind: "warn",
		title: "Too many streams are open: asking every 2 s instead",
	},
	"signed-out": { word: "Signed out", kind: "bad", title: "The session is over" },
	paused: {
		word: "Paused",
		kind: "warn",
		title: "The page stands still; flowbpf goes on counting",
	},
};

export function Lamp() {
	const state = paused.value && linkState.value === "live" ? "paused" : lamp.value;
	const show = LAMPS[state];
	return (
		<button type="button" class={`lamp ${show.kind}`} title={show.title} onClick={retryNow}>
			<span class="lamp-dot" aria-hidden="true" />
			<span>
				{show.word}
				{state === "delayed" && ` ${late.value} s`}
			</span>
		</button>
	);
}

function interfaceNames(): string[] {
	return (summary.value ?? hello.value)?.interfaces.map((i) => i.name) ?? [];
}

export function InterfacePicker() {
	const names = interfaceNames();
	const chosen = iface.value;
	if (chosen && !names.includes(chosen)) names.push(chosen);
	return (
		<label class="picker" title="Interface">
			<span class="visually-hidden">Interface</span>
			<select
				value={chosen}
				onChange={(event) => setParams({ iface: event.currentTarget.value || null }, true)}
			>
				<option value="">
					{names.length === 1
						? `all (${safe(names[0])})`
						: narrow.value
							? `all (${names.length})`
							: `all ${names.length || ""} interfaces`}
				</option>
				{names.map((name) => (
					<option key={name} value={name}>
						{safe(name)}
					</option>
				))}
			</select>
		</label>
	);
}

/** The address carries the moment, so that it can be shared. */
export function togglePause(): void {
	paused.value = !paused.value;
	setParams({ still: paused.value ? String(Math.floor(now.peek() / 1000)) : null });
}

const FROM_TO_S = 300; // what is offered first when a time from … to … is wanted

function pickRange(choice: string): void {
	const end = Math.floor(now.peek() / 1000);
	if (choice === "between") setBetween([end - FROM_TO_S, end]);
	else setRange(choice);
}

function RangeSelect() {
	return (
		<select
			class="range-select"
			aria-label="Range"
			title="What was seen in this time"
			value={between.value ? "between" : range.value}
			onChange={(event) => pickRange(event.currentTarget.value)}
		>
			{RANGES.map(([key, word]) => (
				<option key={key} value={key}>
					{key === "live" ? "Live" : `last ${word}`}
				</option>
			))}
			<option value="between">from – to…</option>
		</select>
	);
}

export function TimeControl() {
	const still = paused.value;
	return (
		<div class="segment time" role="group" aria-label="Time">
			<RangeSelect />
			<button
				type="button"
				class={`icon-text${still ? " on-warn" : ""}`}
				aria-pressed={still}
				title={still ? "Go on (Space)" : "Stand still (Space)"}
				onClick={togglePause}
			>
				<Icon name={still ? "play" : "pause"} />
				<span>{still ? "Resume" : "Pause"}</span>
			</button>
			<button
				type="button"
				class="icon-only"
				aria-label="Refresh now"
				title="Refresh now"
				onClick={refresh}
			>
				<Icon name="refresh" />
			</button>
		</div>
	);
}

/** All of it as one menu, where the top bar has no room. */
function phoneItems(): MenuItem[] {
	const still = paused.value;
	const chosen = between.value ? "between" : range.value;
	const names = interfaceNames();
	const shown = THEMES[theme.value];
	const set = (name: string | null) => setParams({ iface: name }, true);
	return [
		{ label: still ? "Resume" : "Pause", icon: still ? "play" : "pause", run: togglePause },
		{ label: "Refresh now", icon: "refresh", run: refresh },
		...RANGES.map(([key, word]): MenuItem => ({
			label: key === "live" ? "Live" : `Last ${word}`,
			section: "Time",
			checked: chosen === key,
			run: () => pickRange(key),
		})),
		{
			label: "From – to…",
			section: "Time",
			checked: chosen === "between",
			run: () => pickRange("between"),
		},
		{
			label: "All interfaces",
			section: "Interface",
			checked: iface.value === "",
			run: () => set(null),
		},
		...names.map((name): MenuItem => ({
			label: safe(name),
			section: "Interface",
			checked: iface.value === name,
			run: () => set(name),
		})),
		{
			label: `Theme: ${shown.word}`,
			section: "Page",
			icon: shown.icon,
			stay: true,
			run: () => {
				theme.value = shown.next;
			},
		},
	];
}

export function PhoneControls() {
	const set = iface.value || (range.value === "live" && !between.value ? "" : range.value);
	return (
		<button
			type="button"
			class={`icon-text${set || paused.value ? " on-warn" : ""}`}
			aria-haspopup="menu"
			aria-label={`Time and interface${set ? `: ${safe(set)}` : ""}`}
			onClick={(event) => showMenu(event.currentTarget, "Time and interface", phoneItems)}
		>
			<Icon name={paused.value ? "pause" : "history"} />
		</button>
	);
}

const THEMES: Record<Theme, { next: Theme; icon: IconName; word: string }> = {
	system: { next: "light", icon: "auto", word: "as the system" },
	light: { next: "dark", icon: "sun", word: "light" },
	dark: { next: "system", icon: "moon", word: "dark" },
};

export function ThemeButton() {
	const shown = THEMES[theme.value];
	return (
		<button
			type="button"
			class="icon-only theme-button"
			title={`Theme: ${shown.word}`}
			aria-label={`Theme: ${shown.word}. Change to ${THEMES[shown.next].word}`}
			onClick={() => {
				theme.value = shown.next;
			}}
		>
			<Icon name={shown.icon} />
		</button>
	);
}
