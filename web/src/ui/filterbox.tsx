// SPDX-License-Identifier: BSD-2-Clause
// The filter box in the top bar: the doors of core/filterinput, and what of its state is seen.

import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { ApiError, ask, reason } from "../api/client";
import * as filter from "../core/filter";
import { type Completion, FilterInput, type Verdict } from "../core/filterinput";
import { q, setQ, tryingOut } from "../core/pagefilter";
import { narrow, recentFilters } from "../core/settings";
import { fields } from "../data/fields";
import { Chips } from "./chips";
import { Icon } from "./icons";
import { helpOf, t } from "../words/t";

const RECENT_KEPT = 12;
const RECENT_SHOWN = 8;

/** counts up with every change of the box's state */
const turn = signal(0);
const element = () => document.getElementById("filter") as HTMLInputElement | null;

function verdictOf(error: unknown): Verdict {
	if (!(error instanceof ApiError)) return "unknown";
	if (error.problem.status !== 400 && error.problem.status !== 422) return "unknown";
	const first = error.problem.errors?.[0];
	return {
		detail: first?.detail ?? reason(error),
		offset: first?.offset ?? 0,
		length: first?.length ?? 1,
		suggestions: first?.suggestions ?? [],
	};
}

const input = new FilterInput(q.peek(), {
	judge: (text, given) =>
		ask("filter/validate", { method: "POST", body: { filter: text }, signal: given }).then(
			() => "good",
			verdictOf,
		),
	offer: (text, pos, given) =>
		ask<Completion>("filter/complete", { query: { q: text || " ", pos }, signal: given }),
	apply: setQ,
	write: (text, caret) => {
		const box = element();
		if (!box) return;
		box.value = text;
		if (document.activeElement === box) box.setSelectionRange(caret, caret);
	},
	later: (ms, run) => {
		const timer = setTimeout(run, ms);
		return () => clearTimeout(timer);
	},
	halfNamed: (text) =>
		filter.halfNamed(
			text,
			fields.peek().map((f) => f.name),
		),
	recent: () => recentFilters.peek().slice(0, RECENT_SHOWN),
	remember: (text) => {
		const rest = recentFilters.peek().filter((one) => one !== text);
		recentFilters.value = [text, ...rest].slice(0, RECENT_KEPT);
	},
	changed: () => {
		tryingOut.value = input.focused && input.trying;
		turn.value++;
	},
});

const caretOf = (box: HTMLInputElement) => box.selectionStart ?? box.value.length;

const KEYS: Record<string, (box: HTMLInputElement) => boolean> = {
	ArrowDown: (box) => (input.move(1, caretOf(box)), true),
	ArrowUp: (box) => (input.move(-1, caretOf(box)), true),
	Enter: () => (input.enter(), true),
	Tab: () => input.chosen >= 0 && (input.accept(input.chosen), true),
	Escape: (box) => (input.escape() === "left" && box.blur(), true),
};

function onKey(event: KeyboardEvent): void {
	if (event.isComposing || (event.key === "Tab" && event.shiftKey)) return;
	if (KEYS[event.key]?.(event.currentTarget as HTMLInputElement)) event.preventDefault();
}

/** Keeps the focus where it is: a finger may still scroll. */
const stay = (event: Event) => event.preventDefault();

function OfferList() {
	const { offers } = input;
	if (!offers) return null;
	return (
		<>
			<ul
				class="offers"
				id="filter-offers"
				role="listbox"
				aria-label={offers.recent ? t("filter.recentFilters") : t("filter.completions")}
			>
				{offers.items.map((item, i) => (
					<li
						key={item.text}
						id={`offer-${i}`}
						role="option"
						aria-selected={i === input.chosen}
						onPointerDown={stay}
						onMouseDown={stay}
						onClick={() => input.accept(i)}
					>
						<code>{item.text}</code>
						<span class="offer-help">
							{offers.recent ? "" : item.help ? helpOf(item.help) : item.kind}
						</span>
					</li>
				))}
			</ul>
			{offers.recent ? (
				<button
					type="button"
					class="ghost offers-forget"
					onPointerDown={stay}
					onMouseDown={stay}
					onClick={() => {
						recentFilters.value = [];
						input.escape();
					}}
				>
					{t("filter.clearRecentFilters")}
				</button>
			) : null}
		</>
	);
}

function Mistake() {
	const { wrong, text } = input;
	const ref = useRef<HTMLDivElement>(null);
	/* the arrow stands under the letter, as far as the box shows it */
	useLayoutEffect(() => {
		const mark = document.querySelector<HTMLElement>(".filter-under mark");
		const box = element();
		if (!mark || !box || !ref.current) return;
		const x = mark.offsetLeft - box.scrollLeft + Math.min(mark.offsetWidth, 16) / 2;
		ref.current.style.setProperty(
			"--at",
			`${Math.max(14, Math.min(x, box.clientWidth - 10))}px`,
		);
	});
	if (!wrong || !input.told) return null;
	const [a, b] = [wrong.offset, wrong.offset + wrong.length];
	return (
		<div class="mistake" id="filter-mistake" role="alert" ref={ref}>
			<span>{wrong.detail}</span>
			{wrong.suggestions.slice(0, 3).map((s) => (
				<button
					type="button"
					key={s}
					class="chip"
					onPointerDown={stay}
					onMouseDown={stay}
					onClick={() => input.settle(text.slice(0, a) + s + text.slice(b))}
				>
					{s}
				</button>
			))}
		</div>
	);
}

/** The same text behind the box's, unseen but for the wave under what is wrong. */
function Under() {
	const { wrong, text } = input;
	const ref = useRef<HTMLDivElement>(null);
	useLayoutEffect(() => {
		const box = element();
		if (!box || !ref.current) return;
		const follow = () => {
			if (ref.current) ref.current.scrollLeft = box.scrollLeft;
		};
		follow();
		box.addEventListener("scroll", follow);
		return () => box.removeEventListener("scroll", follow);
	});
	if (!wrong || !input.told) return null;
	const [a, b] = [wrong.offset, wrong.offset + Math.max(1, wrong.length)];
	return (
		<div class="filter-under" aria-hidden="true" ref={ref}>
			{text.slice(0, a)}
			<mark>{text.slice(a, b) || "\u00a0"}</mark>
			{text.slice(b)}
		</div>
	);
}

export function FilterBox() {
	turn.value;
	const first = useMemo(() => input.text, []);
	const outside = q.value;
	useEffect(() => input.outside(outside), [outside]);
	const open = input.offers !== null;
	const wrong = input.wrong !== null && input.told;
	const chips = narrow.value && input.focused && !open;
	return (
		<div class="filter" role="search">
			<Icon name="search" />
			<Under />
			<input
				id="filter"
				type="text"
				inputMode="search"
				enterkeyhint="search"
				spellcheck={false}
				autocomplete="off"
				autocapitalize="off"
				autocorrect="off"
				role="combobox"
				aria-expanded={open}
				aria-controls={open ? "filter-offers" : undefined}
				aria-autocomplete="list"
				aria-label={t("word.filter")}
				aria-invalid={wrong}
				aria-describedby={wrong ? "filter-mistake" : undefined}
				aria-activedescendant={input.chosen >= 0 ? `offer-${input.chosen}` : undefined}
				placeholder={narrow.value ? t("filter.exampleShort") : t("filter.example")}
				defaultValue={first}
				onInput={(event) =>
					input.typed(event.currentTarget.value, caretOf(event.currentTarget))
				}
				onKeyDown={onKey}
				onFocus={() => input.focus()}
				onBlur={() => input.blur()}
			/>
			{input.text ? (
				<button
					type="button"
					class="ghost icon-only"
					aria-label={t("filter.clear")}
					onPointerDown={stay}
					onMouseDown={stay}
					onClick={() => input.settle("")}
				>
					<Icon name="close" size={14} />
				</button>
			) : (
				<kbd aria-hidden="true">/</kbd>
			)}
			{open || wrong || chips ? (
				<div class="filter-pop">
					<Mistake />
					<OfferList />
					{chips ? <Chips /> : null}
				</div>
			) : null}
		</div>
	);
}

export function focusFilter(): void {
	const box = element();
	box?.focus();
	box?.select();
}
