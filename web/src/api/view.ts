// SPDX-License-Identifier: BSD-2-Clause
// One live view on the flow table as signals: the order, and a signal per row, so that a tick
// touches only the rows that changed.

import {
	batch,
	effect,
	type ReadonlySignal,
	type Signal,
	signal,
	untracked,
} from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { pace } from "../core/pace";
import { tryingOut } from "../core/pagefilter";
import { apply, emptyTable, steady } from "./patch";
import { refreshEvery } from "../core/settings";
import { type Past, past } from "../core/time";
import { ApiError } from "./client";
import { secondsOf } from "./ofpast";
import { type Looked, searchPast } from "./search";
import { dropView, openView, paused, refreshes, sendView } from "./state";
import { pollView } from "./unstreamed";
import type { Problem, RowsEvent, Totals, Value, ViewBody } from "./types";

export type RowSignal = Signal<Value[]>;

export interface LiveView {
	ids: Signal<string[]>;
	off: Signal<number>;
	total: Signal<number>;
	matched: Signal<number>;
	totals: Signal<Totals | null>;
	problem: Signal<Problem | null>;
	stats: Signal<{ new: number; moved: number } | null>;
	/** false until the first answer */
	ready: Signal<boolean>;
	/** the columns that the values are in the order of */
	columns: Signal<string[]>;
	/** the last change of order moved few rows: they may glide */
	gentle: Signal<boolean>;
	/** how far a list of the past was looked for */
	looked: Signal<Looked>;
	giveUp: () => void;
	/** rows of the filter before: the one that is being typed matches nothing yet */
	behind: Signal<boolean>;
	row: (id: string) => RowSignal | undefined;
}

const ORDER_MS = 1700; // rows change places every other tick at most
const GENTLE_ROWS = 10;

const WHOLE: Looked = { share: null, reached: null };

/** The page's first view need not wait for the stream. */
let first = true;

type Wanted = ReadonlySignal<Omit<ViewBody, "view"> | null>;

class View implements LiveView {
	ids = signal<string[]>([]);
	off = signal(0);
	total = signal(0);
	matched = signal(0);
	totals = signal<Totals | null>(null);
	problem = signal<Problem | null>(null);
	stats = signal<{ new: number; moved: number } | null>(null);
	ready = signal(false);
	columns = signal<string[]>([]);
	gentle = signal(false);
	looked = signal(WHOLE);
	behind = signal(false);
	private table = emptyTable();
	private signals = new Map<string, RowSignal>();
	private letOne = true; // while paused: one answer may still come in
	private asked: string[] = []; // the columns that rows come in
	private touched = new Set<string>();
	private moved = false;
	private anew = false;
	private newest: RowsEvent | null = null;
	private orderedAt = 0;
	private asks = ""; // the list that is asked for, held or not
	private asking: AbortController | null = null; // ... of the past
	private keeps = false; // held as it is on the screen: the server holds it as it is there
	private pace = pace(
		() => refreshEvery.peek() * 1000,
		() => batch(() => this.show()),
	);

	constructor(
		readonly name: string,
		readonly wanted: Wanted,
	) {}

	row = (id: string): RowSignal | undefined => this.signals.get(id);

	body = (): ViewBody | null => {
		const wanted = this.wanted.peek();
		return wanted && { view: this.name, ...wanted };
	};

	/** Ask again whenever what is wanted changes, or the user asks. */
	follow(): () => void {
		const close = openView(this.name, {
			body: this.body,
			rows: (event) => this.rows(event),
			refused: (problem) => {
				this.problem.value = problem;
				this.ready.value = true;
			},
		});
		const stop = effect(() => {
			refreshes.value;
			const wanted = this.wanted.value;
			if (!wanted) return;
			this.letOne = true;
			const { hold, ...list } = wanted;
			const then = past.value;
			const asks = JSON.stringify([list, then]);
			const same = asks === this.asks;
			this.keeps = hold && same;
			this.asks = asks;
			untracked(() => {
				if (then) return void (same || this.ofPast(then));
				this.asking?.abort();
				this.looked.value = WHOLE;
				sendView({ view: this.name, ...wanted });
				if (first) void this.ahead();
			});
		});
		const stopTyping = effect(() => {
			if (!tryingOut.value && this.behind.peek()) untracked(() => this.pace.ask(true));
		});
		return () => {
			stop();
			stopTyping();
			close();
			this.asking?.abort();
			this.pace.stop();
		};
	}

	/** Nothing streams of what is past: it is asked for, now and then where it goes on until now. */
	private async ofPast(then: Past): Promise<void> {
		first = false;
		this.asking?.abort();
		const asking = new AbortController();
		this.asking = asking;
		dropView(this.name);
		const teller = {
			rows: (event: RowsEvent) => {
				this.letOne = true;
				this.rows(event);
			},
			looked: (how: Looked) => {
				this.looked.value = how;
			},
		};
		try {
			await searchPast(this.body()!, then, asking.signal, teller);
			if (asking.signal.aborted) return;
			const seconds = secondsOf(then, 0);
			if (!Number.isFinite(seconds)) return;
			const again = setTimeout(() => void this.ofPast(then), seconds * 1000);
			asking.signal.addEventListener("abort", () => clearTimeout(again));
		} catch (error) {
			if (asking.signal.aborted || !(error instanceof ApiError)) return;
			this.problem.value = error.problem;
			this.ready.value = true;
		}
	}

	/** What was found by now is enough. */
	giveUp = (): void => {
		this.asking?.abort();
		this.looked.value = { ...this.looked.peek(), share: null };
	};

	async ahead(): Promise<void> {
		first = false;
		try {
			const event = await pollView(this.body()!);
			if (!this.ready.peek()) this.rows(event);
		} catch {
			// the stream will say what is wrong
		}
	}

	private rows(event: RowsEvent): void {
		if (paused.peek() && !(event.reset && this.letOne)) return;
		if (event.reset) this.letOne = false;
		const started = performance.now();
		if (this.take(event)) this.pace.ask(event.reset);
		performance.measure("flowbpf-apply", { start: started });
		performance.clearMeasures("flowbpf-apply"); // observers have it; the list would only grow
	}

	/** Into the table; false when it does not fit. */
	private take(event: RowsEvent): boolean {
		const wanted = event.reset ? (this.body()?.columns ?? []) : this.asked;
		const first = Object.values(event.new ?? {})[0];
		if (first && first.length !== wanted.length) return false; // an answer to what was asked before
		this.asked = wanted;
		const change = apply(this.table, event);
		if (change.broken) {
			const body = this.body();
			if (body && !past.peek()) sendView(body);
		}
		if (!event.reset && event.e !== this.table.epoch) return false;
		for (const id of change.touched) this.touched.add(id);
		this.moved ||= change.order || event.reset;
		this.anew ||= event.reset;
		this.newest = event;
		return true;
	}

	/** What came since the last time, onto the screen. */
	private show(): void {
		const event = this.newest;
		if (!event || (paused.peek() && !this.anew)) return;
		const none = this.anew && !event.matched && this.matched.peek() > 0;
		this.behind.value = none && tryingOut.peek();
		if (this.behind.peek()) return;
		if (this.anew) this.columns.value = this.asked;
		for (const id of this.touched) {
			const row = this.table.rows.get(id);
			if (!row) continue;
			const have = this.signals.get(id);
			if (have) have.value = row.values;
			else this.signals.set(id, signal(row.values));
		}
		this.touched.clear();
		const at = performance.now();
		if (this.moved && (this.anew || at - this.orderedAt >= ORDER_MS)) this.order(at);
		this.total.value = event.total ?? this.total.peek();
		this.matched.value = event.matched ?? this.matched.peek();
		if (event.totals) this.totals.value = event.totals;
		this.stats.value = event.stats ?? null;
		this.problem.value = null;
		this.ready.value = true;
		this.anew = false;
	}

	private order(at: number): void {
		const was = this.ids.peek();
		const ids = this.keeps ? steady(was, this.table.ids) : this.table.ids;
		const steps = ids.reduce((n, id, i) => n + (id === was[i] ? 0 : 1), 0);
		this.gentle.value = !this.anew && steps <= GENTLE_ROWS;
		this.off.value = this.table.off;
		this.ids.value = ids;
		for (const id of this.signals.keys()) if (!this.table.rows.has(id)) this.signals.delete(id);
		this.moved = false;
		this.orderedAt = at;
	}
}

/** A view for as long as the component lives; the page's first is asked for while it is drawn. */
export function useView(name: string, wanted: Wanted): LiveView {
	const view = useMemo(() => {
		const made = new View(name, wanted);
		if (first && wanted.peek() && !past.peek()) void made.ahead();
		return made;
	}, [name, wanted]);
	useEffect(() => view.follow(), [view]);
	return view;
}
