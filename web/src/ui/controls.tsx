// SPDX-License-Identifier: BSD-2-Clause
// The top bar's small controls: connection lamp, interface picker, pause and refresh, theme.

import {
	capture,
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
import { between, fleet, once, range, RANGES, setBetween, setRange } from "../core/time";
import { narrow, type Theme, theme } from "../core/settings";
import { safe } from "../core/text";
import { Icon, type IconName } from "./icons";
import { type MenuItem, showMenu } from "./menu";
import { t } from "../words/t";

export const LAMPS: Record<
	typeof lamp.value | "paused" | "capture",
	{ word: string; kind: string; title: string }
> = {
	live: { word: t("word.live"), kind: "ok", title: t("top.liveHelp") },
	capture: { word: t("top.capture"), kind: "ok", title: t("top.captureHelp") },
	delayed: {
		word: t("top.delayed"),
		kind: "warn",
		title: t("top.delayedHelp"),
	},
	connecting: { word: t("top.connecting"), kind: "warn", title: t("top.connectingHelp") },
	waiting: {
		word: t("top.reconnecting"),
		kind: "bad",
		title: t("top.reconnectingHelp"),
	},
	polling: {
		word: t("top.polling"),
		kind: "warn",
		title: t("top.pollingHelp"),
	},
	"signed-out": { word: t("word.signedOut"), kind: "bad", title: t("top.signedOutHelp") },
	paused: {
		word: t("top.paused"),
		kind: "warn",
		title: t("top.pausedHelp"),
	},
};

export function Lamp() {
	const is = capture.value !== null && lamp.value === "live" ? "capture" : lamp.value;
	const state = paused.value && linkState.value === "live" ? "paused" : is;
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
		<label class="picker" title={t("word.interface")}>
			<span class="visually-hidden">{t("word.interface")}</span>
			<select
				value={chosen}
				onChange={(event) => setParams({ iface: event.currentTarget.value || null }, true)}
			>
				<option value="">
					{names.length === 1
						? t("top.allNamed", { name: safe(names[0]) })
						: narrow.value
							? t("top.allCounted", { n: names.length })
							: names.length
								? t("top.allNInterfaces", { n: names.length })
								: t("top.allOfThem")}
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

const toggleOnce = () => setParams({ once: once.peek() ? null : "1" }, true);

/** Of a fleet: what several sensors saw of a connection is one, or each sensor's own. */
export function OnceButton() {
	if (!fleet.value) return null;
	return (
		<div class="segment">
			<button
				type="button"
				aria-pressed={once.value}
				title={t("top.onceHelp")}
				onClick={toggleOnce}
			>
				{t("top.once")}
			</button>
		</div>
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
			aria-label={t("top.range")}
			title={t("top.rangeHelp")}
			value={between.value ? "between" : range.value}
			onChange={(event) => pickRange(event.currentTarget.value)}
		>
			{RANGES.map(([key, word]) => (
				<option key={key} value={key}>
					{key === "live" ? t("word.live") : t("time.last", { time: word })}
				</option>
			))}
			<option value="between">{t("time.fromTo")}</option>
		</select>
	);
}

export function TimeControl() {
	const still = paused.value;
	return (
		<div class="segment time" role="group" aria-label={t("word.time")}>
			<RangeSelect />
			<button
				type="button"
				class={`icon-text${still ? " on-warn" : ""}`}
				aria-pressed={still}
				title={still ? t("top.resumeHelp") : t("top.pauseHelp")}
				onClick={togglePause}
			>
				<Icon name={still ? "play" : "pause"} />
				<span>{still ? t("top.resume") : t("top.pause")}</span>
			</button>
			<button
				type="button"
				class="icon-only"
				aria-label={t("top.refreshNow")}
				title={t("top.refreshNow")}
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
		{
			label: still ? t("top.resume") : t("top.pause"),
			icon: still ? "play" : "pause",
			run: togglePause,
		},
		{ label: t("top.refreshNow"), icon: "refresh", run: refresh },
		...(fleet.value ? [{ label: t("top.once"), checked: once.value, run: toggleOnce }] : []),
		...RANGES.map(([key, word]): MenuItem => ({
			label: key === "live" ? t("word.live") : t("time.lastTitle", { time: word }),
			section: t("word.time"),
			checked: chosen === key,
			run: () => pickRange(key),
		})),
		{
			label: t("time.fromToTitle"),
			section: t("word.time"),
			checked: chosen === "between",
			run: () => pickRange("between"),
		},
		{
			label: t("top.allInterfaces"),
			section: t("word.interface"),
			checked: iface.value === "",
			run: () => set(null),
		},
		...names.map((name): MenuItem => ({
			label: safe(name),
			section: t("word.interface"),
			checked: iface.value === name,
			run: () => set(name),
		})),
		{
			label: t("top.theme", { theme: shown.word }),
			section: t("top.page"),
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
			aria-label={
				set ? t("top.timeAndInterfaceSet", { set: safe(set) }) : t("top.timeAndInterface")
			}
			onClick={(event) =>
				showMenu(event.currentTarget, t("top.timeAndInterface"), phoneItems)
			}
		>
			<Icon name={paused.value ? "pause" : "history"} />
		</button>
	);
}

const THEMES: Record<Theme, { next: Theme; icon: IconName; word: string }> = {
	system: { next: "light", icon: "auto", word: t("top.asTheSystem") },
	light: { next: "dark", icon: "sun", word: t("top.light") },
	dark: { next: "system", icon: "moon", word: t("top.dark") },
};

export function ThemeButton() {
	const shown = THEMES[theme.value];
	return (
		<button
			type="button"
			class="icon-only theme-button"
			title={t("top.theme", { theme: shown.word })}
			aria-label={t("top.themeChange", { theme: shown.word, next: THEMES[shown.next].word })}
			onClick={() => {
				theme.value = shown.next;
			}}
		>
			<Icon name={shown.icon} />
		</button>
	);
}
