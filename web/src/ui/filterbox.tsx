// SPDX-License-Identifier: BSD-2-Clause
// The filter box: what is typed is judged by the server after a moment's rest; a good filter
// takes effect at once, a bad one shows where it is wrong, with what could have been meant.

import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { ApiError, ask, reason } from "../api/client";
import type { Completion } from "../api/types";
import { q, setQ } from "../core/pagefilter";
import { Icon } from "./icons";

interface Wrong {
	text: string;
	detail: string;
	offset: number;
	length: number;
	suggestions: string[];
}

const REST_MS = 120;
const text = signal(q.peek());
const wrong = signal<Wrong | null>(null);
const offers = signal<Completion | null>(null);
const chosen = signal(-1);
let timer: ReturnType<typeof setTimeout> | undefined;
let asked = 0;

function wrongFrom(error: ApiError, value: string): Wrong {
	const first = error.problem.errors?.[0];
	return {
		text: value,
		detail: first?.detail ?? reason(error),
		offset: first?.offset ?? 0,
		length: first?.length ?? 1,
		suggestions: first?.suggestions ?? [],
	};
}

async function judge(value: string): Promise<void> {
	const mine = ++asked;
	try {
		if (value.trim()) await ask("filter/validate", { method: "POST", body: { filter: value } });
		if (mine !== asked) return;
		wrong.value = null;
		setQ(value);
	} catch (error) {
		if (mine !== asked || !(error instanceof ApiError)) return;
		if (error.problem.status === 400 || error.problem.status === 422)
			wrong.value = wrongFrom(error, value);
		else setQ(value); // no judge to be had: the list itself will say
	}
}

async function offer(value: string, pos: number): Promise<void> {
	try {
		const found = await ask<Completion>("filter/complete", { query: { q: value || " ", pos } });
		if (text.value === value) offers.value = found.items.length ? found : null;
	} catch {
		offers.value = null;
	}
	chosen.value = -1;
}

function typed(input: HTMLInputElement): void {
	text.value = input.value;
	wrong.value = null;
	clearTimeout(timer);
	const pos = input.selectionStart ?? input.value.length;
	timer = setTimeout(() => {
		void judge(text.value);
		void offer(text.value, pos);
	}, REST_MS);
}

function settle(value: string): void {
	clearTimeout(timer);
	text.value = value;
	offers.value = null;
	wrong.value = null;
	void judge(value);
}

function accept(index: number): void {
	const found = offers.value;
	const item = found?.items[index];
	if (!found || !item) return;
	const before = text.value.slice(0, found.start) + item.text + (item.kind === "word" ? " " : "");
	const after = before + text.value.slice(found.end);
	if (item.kind === "value") settle(after);
	else {
		// a field or an operator says nothing yet: what may follow?
		clearTimeout(timer);
		text.value = after;
		wrong.value = null;
		void offer(after, before.length);
	}
	const input = document.getElementById("filter") as HTMLInputElement | null;
	input?.focus();
	queueMicrotask(() => input?.setSelectionRange(before.length, before.length));
}

function onKey(event: KeyboardEvent): void {
	const n = offers.value?.items.length ?? 0;
	if ((event.key === "ArrowDown" || event.key === "ArrowUp") && n) {
		event.preventDefault();
		const step = event.key === "ArrowDown" ? 1 : n;
		chosen.value = (Math.max(chosen.value, event.key === "ArrowDown" ? -1 : 0) + step) % n;
	} else if (event.key === "Tab" && n && chosen.value >= 0) {
		event.preventDefault();
		accept(chosen.value);
	} else if (event.key === "Enter") {
		event.preventDefault();
		if (chosen.value >= 0) accept(chosen.value);
		else settle(text.value);
	} else if (event.key === "Escape") {
		event.preventDefault();
		if (offers.value) offers.value = null;
		else if (text.value) settle("");
		else (event.currentTarget as HTMLElement).blur();
	}
}

function Offers() {
	const found = offers.value;
	if (!found) return null;
	return (
		<ul class="offers" id="filter-offers" role="listbox" aria-label="Completions">
			{found.items.slice(0, 9).map((item, i) => (
				<li
					key={item.text}
					id={`offer-${i}`}
					role="option"
					aria-selected={i === chosen.value}
					onPointerDown={(event) => {
						event.preventDefault();
						accept(i);
					}}
				>
					<code>{item.text}</code>
					<span class="offer-help">{item.help ?? item.kind}</span>
				</li>
			))}
		</ul>
	);
}

function Mistake() {
	const bad = wrong.value;
	if (!bad) return null;
	const [a, b] = [bad.offset, bad.offset + Math.max(1, bad.length)];
	return (
		<div class="mistake" id="filter-mistake" role="alert">
			<code class="mistake-text">
				{bad.text.slice(0, a)}
				<mark>{bad.text.slice(a, b) || "\u00a0"}</mark>
				{bad.text.slice(b)}
			</code>
			<span>{bad.detail}</span>
			{bad.suggestions.slice(0, 3).map((s) => (
				<button
					type="button"
					key={s}
					class="chip"
					onClick={() => settle(bad.text.slice(0, a) + s + bad.text.slice(b))}
				>
					{s}
				</button>
			))}
		</div>
	);
}

export function FilterBox() {
	const ref = useRef<HTMLInputElement>(null);
	const outside = q.value;
	useEffect(() => {
		if (!wrong.peek() && document.activeElement !== ref.current) text.value = outside;
		else if (outside !== text.peek().trim() && !wrong.peek()) text.value = outside;
	}, [outside]);
	useEffect(() => {
		if (q.peek()) void judge(q.peek()); // one from an address may be mistaken too
	}, []);
	const open = offers.value !== null;
	return (
		<div class="filter" role="search">
			<Icon name="search" />
			<input
				ref={ref}
				id="filter"
				type="text"
				spellcheck={false}
				autocomplete="off"
				autocapitalize="off"
				role="combobox"
				aria-expanded={open}
				aria-controls={open ? "filter-offers" : undefined}
				aria-autocomplete="list"
				aria-label="Filter"
				aria-invalid={wrong.value !== null}
				aria-describedby={wrong.value ? "filter-mistake" : undefined}
				aria-activedescendant={chosen.value >= 0 ? `offer-${chosen.value}` : undefined}
				placeholder="Filter: youtube, 10.0.0.0/8, port=443 and state=ESTABLISHED…"
				value={text.value}
				onInput={(event) => typed(event.currentTarget)}
				onKeyDown={onKey}
				onBlur={() => {
					offers.value = null;
				}}
			/>
			{text.value ? (
				<button
					type="button"
					class="ghost icon-only"
					aria-label="Clear the filter"
					onClick={() => settle("")}
				>
					<Icon name="close" size={14} />
				</button>
			) : (
				<kbd aria-hidden="true">/</kbd>
			)}
			<Offers />
			<Mistake />
		</div>
	);
}

export function focusFilter(): void {
	document.getElementById("filter")?.focus();
}
