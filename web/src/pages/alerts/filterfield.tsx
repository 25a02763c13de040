// SPDX-License-Identifier: BSD-2-Clause
// A filter in a form: the same completion as the box of the top bar has.

import { useSignal } from "@preact/signals";
import { useId, useMemo, useRef } from "preact/hooks";
import { ask } from "../../api/client";
import { type Completion, FilterInput } from "../../core/filterinput";
import { helpOf, t } from "../../words/t";

const caretOf = (box: HTMLInputElement) => box.selectionStart ?? box.value.length;
/** Keeps the focus where it is. */
const stay = (event: Event) => event.preventDefault();

/** Only what completes it: whether it parses is said of the whole rule. */
function useCompletion(onEdit: (text: string) => void) {
	const turn = useSignal(0);
	const box = useRef<HTMLInputElement>(null);
	const edit = useRef(onEdit);
	edit.current = onEdit;
	const input = useMemo(
		() =>
			new FilterInput("", {
				judge: () => Promise.resolve("unknown" as const),
				offer: (text, pos, given) =>
					ask<Completion>("filter/complete", {
						query: { q: text || " ", pos },
						signal: given,
					}),
				apply: () => {},
				write: (text, caret) => {
					edit.current(text);
					if (!box.current) return;
					box.current.value = text;
					box.current.setSelectionRange(caret, caret);
				},
				later: (ms, run) => {
					const timer = setTimeout(run, ms);
					return () => clearTimeout(timer);
				},
				halfNamed: () => false,
				recent: () => [],
				remember: () => {},
				changed: () => void turn.value++,
			}),
		[],
	);
	turn.value;
	return { input, box };
}

export function FilterField({ value, onEdit }: { value: string; onEdit: (text: string) => void }) {
	const { input, box } = useCompletion(onEdit);
	const id = useId();
	const { offers, chosen } = input;
	const keys: Record<string, (one: HTMLInputElement) => boolean> = {
		ArrowDown: (one) => (input.move(1, caretOf(one)), true),
		ArrowUp: (one) => (input.move(-1, caretOf(one)), true),
		Enter: () => chosen >= 0 && (input.enter(), true),
		Tab: () => chosen >= 0 && (input.accept(chosen), true),
		Escape: () => offers !== null && (input.escape(), true),
	};
	return (
		<div class="field filter-field">
			<label for={id}>{t("word.filter")}</label>
			<input
				id={id}
				ref={box}
				type="text"
				spellcheck={false}
				autocomplete="off"
				autocapitalize="off"
				role="combobox"
				aria-expanded={offers !== null}
				aria-controls={offers ? `${id}-offers` : undefined}
				aria-autocomplete="list"
				aria-activedescendant={chosen >= 0 ? `${id}-${chosen}` : undefined}
				placeholder={t("alerts.everything")}
				value={value}
				onInput={(event) => {
					onEdit(event.currentTarget.value);
					input.typed(event.currentTarget.value, caretOf(event.currentTarget));
				}}
				onKeyDown={(event) => {
					if (event.isComposing || (event.key === "Tab" && event.shiftKey)) return;
					if (!keys[event.key]?.(event.currentTarget)) return;
					event.preventDefault();
					event.stopPropagation();
				}}
				onFocus={() => {
					input.text = value;
					input.focus();
				}}
				onBlur={() => input.blur()}
			/>
			{offers ? (
				<div class="filter-pop">
					<ul
						class="offers"
						id={`${id}-offers`}
						role="listbox"
						aria-label={t("filter.completions")}
					>
						{offers.items.map((item, i) => (
							<li
								key={item.text}
								id={`${id}-${i}`}
								role="option"
								aria-selected={i === chosen}
								onPointerDown={stay}
								onMouseDown={stay}
								onClick={() => input.accept(i)}
							>
								<code>{item.text}</code>
								<span class="offer-help">
									{item.help ? helpOf(item.help) : item.kind}
								</span>
							</li>
						))}
					</ul>
				</div>
			) : null}
		</div>
	);
}
