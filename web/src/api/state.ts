// SPDX-License-Identifier: BSD-2-Clause
// The live half of the page's state: the link's lamp, the newest summary, the log, the windows,
// and views on the flow table. Everything is a signal; components read what they show.

import { batch, computed, effect, signal } from "@preact/signals";
import { connect, type Link } from "./link";
import type { FromHub, LinkState } from "./messages";
import { ofHub } from "../core/base";
import { ClockWatch, Freshness } from "../core/freshness";
import { pace } from "../core/pace";
import { refreshEvery } from "../core/settings";
import { keepsHistory, past } from "../core/time";
import { pollSummary } from "./unstreamed";
import type {
	Events,
	Hello,
	LogLine,
	Problem,
	RowsEvent,
	Summary,
	ViewBody,
	Window,
	WindowStart,
} from "./types";

export const linkState = signal<LinkState>("connecting");
export const hello = signal<Hello | null>(null);
export const summary = signal<Summary | null>(null);
export const logLines = signal<LogLine[]>([]);
/** the windows that closed, and the one that fills */
export const closedWindows = signal<Window[]>([]);
export const openWindow = signal<WindowStart | null>(null);
/** everything stands still, for reading */
export const paused = signal(false);
/** counts up when the user asks for fresh data (and when a stopped page starts again) */
export const refreshes = signal(0);
/** this second, in the server's time */
export const now = signal(Date.now());
export const restarted = signal(0);

/** what is shown is a capture, which is over: its name */
export const capture = computed(() => {
	const shown = summary.value ?? hello.value;
	return shown?.interfaces.find((link) => link.hook === "replay")?.name ?? null;
});

/** the server closes windows / keeps series */
export const hasWindows = computed(() => hello.value?.caps.windows === true);
export const hasSeries = computed(() => hello.value?.caps.series === true);

const figures = new Freshness();
const clock = new ClockWatch();
let skew = 0; // server's clock minus ours
const LOG_KEPT = 1000;
const WINDOWS_KEPT = 360;

/** seconds since the newest figures were true, by a clock that stands still for no pause */
const age = signal(0);
/** the same once it is a fault, else 0; polls come every 2 s */
export const late = computed(() =>
	age.value > (linkState.value === "polling" ? 5 : 3) ? age.value : 0,
);
export const lamp = computed<"delayed" | LinkState>(() =>
	late.value && (linkState.value === "live" || linkState.value === "polling")
		? "delayed"
		: linkState.value,
);
/** numbers on the page are no longer so */
export const stale = computed(
	() => !!summary.value && (late.value > 0 || linkState.value === "waiting"),
);

/** What happened to the server lately: another boot, or its clock set by so many ms. */
export interface Upset {
	kind: "boot" | "clock";
	/** server's time */
	at: number;
	by: number;
}
export const upsets = signal<Upset[]>([]);
const UPSETS_KEPT = 4;

interface ViewListener {
	body: () => ViewBody | null;
	rows: (event: RowsEvent) => void;
	refused: (problem: Problem) => void;
}

const views = new Map<string, ViewListener>();
let link: Link | null = null;

export function openView(name: string, listener: ViewListener): () => void {
	views.set(name, listener);
	return () => {
		if (views.get(name) !== listener) return;
		views.delete(name);
		dropView(name);
	};
}

export function dropView(name: string): void {
	link?.send({ t: "drop", view: name });
}

export function sendView(body: ViewBody): void {
	if (!document.hidden) link?.send({ t: "view", body });
}

export function retryNow(): void {
	link?.send({ t: "retry" });
}

export function refresh(): void {
	refreshes.value++;
	if (linkState.value !== "live") retryNow();
}

const summaryListeners = new Set<(s: Summary) => void>();
export function onSummary(listener: (s: Summary) => void): () => void {
	summaryListeners.add(listener);
	return () => summaryListeners.delete(listener);
}

function upset(kind: Upset["kind"], at: number, by = 0): void {
	upsets.value = [...upsets.value, { kind, at, by }].slice(-UPSETS_KEPT);
}

/** The server's time as it came. */
function heardTime(text: string): void {
	const time = Date.parse(text);
	if (Number.isNaN(time)) return;
	const step = clock.saw(time, performance.now());
	skew = time - Date.now();
	if (step) upset("clock", time, step);
}

function onHello(data: Hello): void {
	if (hello.value && hello.value.boot_id !== data.boot_id) {
		restarted.value++;
		clock.forget();
		upset("boot", Date.parse(data.server_time));
		logLines.value = []; // numbers of lines and windows begin anew
		closedWindows.value = [];
	}
	heardTime(data.server_time);
	keepsHistory.value = data.caps.history === true;
	hello.value = data;
}

function keepWindows(items: Window[]): void {
	closedWindows.value = [...closedWindows.value, ...items].slice(-WINDOWS_KEPT);
}

let newest: Summary | null = null;
const summaryPace = pace(
	() => refreshEvery.peek() * 1000,
	() => {
		summary.value = newest;
	},
);

const HANDLERS: { [name in keyof Events]: (data: Events[name]) => void } = {
	hello: onHello,
	summary: (data) => {
		figures.saw(data.epoch, performance.now());
		look();
		heardTime(data.server_time ?? data.as_of);
		for (const listener of summaryListeners) listener(data);
		if (paused.peek() && summary.peek()) return; // one that begins paused has its first
		newest = data;
		summaryPace.ask();
	},
	rows: (data) => views.get(data.view)?.rows(data),
	log: (data) => {
		logLines.value = [...logLines.value, data].slice(-LOG_KEPT);
	},
	batch_start: (data) => {
		openWindow.value = data;
	},
	batch_results: (data) => keepWindows([data]),
	batch_history: (data) => keepWindows(data.items),
};

const isEvent = (name: string): name is keyof Events => Object.hasOwn(HANDLERS, name);

function receive(message: FromHub): void {
	batch(() => {
		if (message.t === "link") {
			linkState.value = message.state;
			figures.anew();
		} else if (message.t === "refused") {
			views.get(message.view)?.refused(message.problem);
		} else {
			if (isEvent(message.name)) HANDLERS[message.name](message.data as never);
		}
	});
}

function look(): void {
	age.value = Math.floor(figures.age(performance.now()) / 1000);
}

function sayAll(): void {
	link?.send({ t: "join" });
	for (const listener of views.values()) {
		const body = past.peek() ? null : listener.body();
		if (body) sendView(body);
	}
}

/** A hidden tab keeps its place but asks for nothing. */
function onVisibility(): void {
	if (document.hidden) for (const name of views.keys()) dropView(name);
	else sayAll();
}

/** The html had the browser ask for it while the scripts were on their way: before any stream. */
async function summaryAhead(): Promise<void> {
	try {
		const data = await pollSummary();
		if (newest) return;
		newest = data;
		summaryPace.ask();
	} catch {
		// the stream will say what is wrong
	}
}

export function start(): void {
	if (!ofHub) void summaryAhead();
	link = connect(receive, () => link && sayAll());
	sayAll();
	document.addEventListener("visibilitychange", onVisibility);
	addEventListener("pagehide", () => link?.send({ t: "bye" }));
	addEventListener("pageshow", (event) => event.persisted && sayAll());
	setInterval(() => link?.send({ t: "ping" }), 20_000);
	setInterval(() => {
		look();
		if (!paused.peek()) now.value = Date.now() + skew;
	}, 1000);
	effect(() => {
		if (!paused.value) refreshes.value = refreshes.peek() + 1;
	});
}
