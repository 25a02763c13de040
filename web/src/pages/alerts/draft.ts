// SPDX-License-Identifier: BSD-2-Clause
// A rule of alerts as it is being written: one text and its words, which are the same rule. Whichever
// is edited goes to the server, whose answer writes the other: there is one parser, and it is there.

import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { reason } from "../../api/client";
import type { AlertRuleChecked, AlertRuleWords } from "../../api/schema";
import { parseRule } from "../../data/alerts";

const REST_MS = 200;

export type Word = keyof AlertRuleWords;
type Words = Record<Word, string>;

export interface Mistake {
	detail: string;
	/** of the text: before it, it, behind it; null: it is nowhere in particular */
	parts: [string, string, string] | null;
}

export interface Draft {
	rule: Signal<string>;
	name: Signal<string>;
	words: Signal<Words>;
	wrong: Signal<Mistake | null>;
	/** it parses, as it is now */
	ok: Signal<boolean>;
	editRule: (text: string) => void;
	editName: (name: string) => void;
	editWord: (word: Word, text: string) => void;
}

/** Offsets are of bytes. */
function partsOf(text: string, offset: number, length: number): Mistake["parts"] {
	const bytes = new TextEncoder().encode(text);
	const cut = (from: number, to?: number) => new TextDecoder().decode(bytes.slice(from, to));
	return length ? [cut(0, offset), cut(offset, offset + length), cut(offset + length)] : null;
}

const filled = (words: AlertRuleWords): Words =>
	Object.fromEntries(Object.entries(words).map(([key, word]) => [key, word ?? ""])) as Words;

const mistakeOf = ({ rule, error }: AlertRuleChecked): Mistake | null =>
	error && { detail: error.detail, parts: partsOf(rule, error.offset, error.length) };

/** Asks when the keys rest; an answer to what has changed since is dropped. */
function useAsking(tell: (answer: AlertRuleChecked | string) => void) {
	const stop = useRef(() => {});
	useEffect(() => () => stop.current(), []);
	return (body: Record<string, string>) => {
		stop.current();
		const abort = new AbortController();
		const timer = setTimeout(
			() =>
				parseRule(body, abort.signal).then(tell, (error: unknown) => {
					if (!abort.signal.aborted) tell(reason(error));
				}),
			REST_MS,
		);
		stop.current = () => {
			clearTimeout(timer);
			abort.abort();
		};
	};
}

export function useDraft(first: { name: string; rule: string; words: AlertRuleWords }): Draft {
	const rule = useSignal(first.rule);
	const name = useSignal(first.name);
	const words = useSignal(filled(first.words));
	const wrong = useSignal<Mistake | null>(null);
	const ok = useSignal(!!first.name);
	const side = useRef<"text" | "form">("form");
	const askFor = useAsking((answer) => {
		if (typeof answer === "string") {
			wrong.value = { detail: answer, parts: null };
			return;
		}
		if (side.current === "form") rule.value = answer.rule;
		else [name.value, words.value] = [answer.name, filled(answer.words)];
		wrong.value = mistakeOf(answer);
		ok.value = answer.ok;
	});
	const edit = (from: "text" | "form") => {
		side.current = from;
		ok.value = false;
		askFor(
			from === "text"
				? { rule: rule.peek() }
				: {
						name: name.peek(),
						...Object.fromEntries(
							Object.entries(words.peek()).filter(([, word]) => word),
						),
					},
		);
	};
	return {
		rule,
		name,
		words,
		wrong,
		ok,
		editRule: (text) => {
			rule.value = text.replaceAll("\n", " ");
			edit("text");
		},
		editName: (text) => {
			name.value = text;
			edit("form");
		},
		editWord: (word, text) => {
			words.value = { ...words.peek(), [word]: text };
			edit("form");
		},
	};
}
