// SPDX-License-Identifier: BSD-2-Clause
// One live view on the flow table as signals: the order, and a signal per row, so that a tick
// touches only the rows that changed.

import { batch, effect, type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { apply, emptyTable } from "../lib/patch";
import { openView, paused, refreshes, sendView } from "./live";
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
	row: (id: string) => RowSignal | undefined;
}

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
	private table = emptyTable();
	private signals = new Map<string, RowSignal>();
	private letOne = true; // while paused: one answer may still come in

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
			untracked(() => sendView({ view: this.name, ...wanted }));
		});
		return () => {
			stop();
			close();
		};
	}

	private rows(event: RowsEvent): void {
		if (paused.peek() && !(event.reset && this.letOne)) return;
		if (event.reset) this.letOne = false;
		const started = performance.now();
		batch(() => this.take(event));
		performance.measure("flowbpf-apply", { start: started });
		performance.clearMeasures("flowbpf-apply"); // observers have it; the list would only grow
	}

	private take(event: RowsEvent): void {
		if (event.reset) this.columns.value = this.body()?.columns ?? [];
		const width = this.columns.peek().length;
		const first = Object.values(event.new ?? {})[0];
		if (first && first.length !== width) return; // an answer to what was asked before
		const change = apply(this.table, event);
		if (change.broken) {
			const body = this.body();
			if (body) sendView(body);
		}
		if (!event.reset && event.e !== this.table.epoch) return;
		for (const id of change.touched) {
			const row = this.table.rows.get(id);
			if (!row) continue;
			const have = this.signals.get(id);
			if (have) have.value = row.values;
			else this.signals.set(id, signal(row.values));
		}
		this.off.value = this.table.off;
		if (change.order || event.reset) {
			this.ids.value = this.table.ids;
			for (const id of this.signals.keys()) if (!this.table.rows.has(id)) this.signals.delete(id);
		}
		this.total.value = event.total ?? this.total.peek();
		this.matched.value = event.matched ?? this.matched.peek();
		if (event.totals) this.totals.value = event.totals;
		this.stats.value = event.stats ?? null;
		this.problem.value = null;
		this.ready.value = true;
	}
}

/** A view for as long as the component lives. */
export function useView(name: string, wanted: Wanted): LiveView {
	const view = useMemo(() => new View(name, wanted), [name, wanted]);
	useEffect(() => view.follow(), [view]);
	return view;
}
