// SPDX-License-Identifier: BSD-2-Clause
// The filter box as a state machine. Whatever the network does, nobody but the user writes a box
// that has the focus; an answer to a text that has changed since is dropped; what is shown stays as
// it is until a text that can be read takes its place. No DOM, no fetch, no clock: they are doors.

export interface Wrong {
	detail: string;
	offset: number;
	length: number;
	suggestions: string[];
}

/** What the server thinks of a text; "unknown": it did not say. */
export type Verdict = Wrong | "good" | "unknown";

/** What may stand in place of the text from start to end. */
export interface Completion {
	start: number;
	end: number;
	items: { text: string; kind: string; help: string | null }[];
}

export interface Offers extends Completion {
	/** filters of before, in place of what could be typed on */
	recent: boolean;
}

export interface Doors {
	judge(text: string, given: AbortSignal): Promise<Verdict>;
	offer(text: string, at: number, given: AbortSignal): Promise<Completion | null>;
	/** the filter that holds from now on */
	apply(text: string): void;
	/** into the box itself */
	write(text: string, caret: number): void;
	later(ms: number, run: () => void): () => void;
	/** does it end in the beginning of a field's name? */
	halfNamed(text: string): boolean;
	recent(): string[];
	remember(text: string): void;
	changed(): void;
}

export const REST_MS = 120; // of the keys, before the server is asked
export const LINGER_MS = 1200; // before a text that seems unfinished is taken as it is

export class FilterInput {
	text: string;
	focused = false;
	/** of the text as it is; null: nothing wrong is known */
	wrong: Wrong | null = null;
	/** it is time to say so */
	told = false;
	offers: Offers | null = null;
	chosen = -1;
	/** the user is at it: what matches nothing may be half a word */
	trying = false;
	private applied: string;
	private said: Verdict | null = null;
	/** by Enter, by a choice, by leaving: the text is whole */
	settled = true;
	private asked = new AbortController();
	private offersAsked = new AbortController();
	private stopRest = () => {};
	private stopLinger = () => {};
	/** the filter was changed elsewhere while the user was in the box */
	private missed: string | null = null;

	constructor(
		first: string,
		private doors: Doors,
	) {
		this.text = this.applied = first;
		if (first) void this.judge();
	}

	/** A key of the user's. */
	typed(text: string, caret: number): void {
		const offers = this.narrowed(text);
		this.begin(text);
		this.offers = offers;
		this.settled = false;
		this.trying = true;
		this.stopRest = this.doors.later(REST_MS, () => {
			void this.judge();
			void this.offer(caret);
		});
		this.stopLinger = this.doors.later(LINGER_MS, () => this.linger());
		this.doors.changed();
	}

	focus(): void {
		this.focused = true;
		if (!this.text) this.offerRecent();
		this.doors.changed();
	}

	blur(): void {
		this.focused = false;
		this.closeOffers();
		if (this.missed !== null) this.adopt(this.missed);
		else if (!this.settled) this.commit();
		this.doors.changed();
	}

	/** The filter as the address has it now: by a link, a menu, "back". */
	outside(filter: string): void {
		if (filter === this.applied) return;
		if (this.focused) {
			this.applied = filter;
			this.missed = filter;
		} else {
			this.adopt(filter);
		}
	}

	enter(): void {
		if (this.chosen >= 0) this.accept(this.chosen);
		else this.commit();
	}

	/** A whole text that the user chose: a suggestion, one of before, or nothing. */
	settle(text: string): void {
		this.begin(text);
		this.doors.write(text, text.length);
		this.closeOffers();
		this.commit();
	}

	escape(): "closed" | "cleared" | "left" {
		if (this.offers) {
			this.closeOffers();
			this.doors.changed();
			if (this.text) return "closed";
		}
		if (!this.text) return "left";
		this.settle("");
		return "cleared";
	}

	/** Up and down the offers; where none are shown they are asked for. */
	move(step: 1 | -1, caret: number): void {
		const n = this.offers?.items.length ?? 0;
		if (n)
			this.chosen = (this.chosen < 0 ? (step > 0 ? 0 : n - 1) : this.chosen + step + n) % n;
		else if (this.text) void this.offer(caret);
		else this.offerRecent();
		this.doors.changed();
	}

	accept(index: number): void {
		const { offers } = this;
		const item = offers?.items[index];
		if (!offers || !item) return;
		if (offers.recent) {
			this.settle(item.text);
			return;
		}
		const before =
			this.text.slice(0, offers.start) + item.text + (item.kind === "word" ? " " : "");
		const after = before + this.text.slice(offers.end);
		this.begin(after);
		this.doors.write(after, before.length);
		this.closeOffers();
		if (item.kind === "value") {
			this.commit();
		} else {
			// a field or an operator says nothing yet: what may follow?
			this.settled = false;
			void this.offer(before.length);
			this.doors.changed();
		}
	}

	/** What was offered before the last key and fits behind it still: the next answer takes a while. */
	private narrowed(text: string): Offers | null {
		const { offers, text: old } = this;
		if (!offers || offers.recent) return null;
		const end = offers.end + text.length - old.length;
		const apart =
			end < offers.start ||
			text.slice(0, offers.start) !== old.slice(0, offers.start) ||
			text.slice(end) !== old.slice(offers.end);
		if (apart) return null;
		const part = text.slice(offers.start, end).toLowerCase();
		const items = offers.items.filter((item) => item.text.toLowerCase().includes(part));
		return items.length ? { ...offers, end, items } : null;
	}

	/** Everything that was known is of another text. */
	private begin(text: string): void {
		this.stopRest();
		this.stopLinger();
		this.asked.abort();
		this.offersAsked.abort();
		this.text = text;
		this.wrong = this.said = null;
		this.told = false;
		this.chosen = -1;
		this.missed = null;
		if (!text || this.offers?.recent) this.offers = null;
	}

	private adopt(filter: string): void {
		this.begin(filter);
		this.settled = true;
		this.trying = false;
		this.applied = filter;
		this.closeOffers();
		this.doors.write(filter, filter.length);
		if (filter) void this.judge();
		this.doors.changed();
	}

	/** It is whole: what is known of it takes effect, or is asked for at once. */
	private commit(): void {
		this.stopRest();
		this.stopLinger();
		this.closeOffers();
		this.settled = true;
		this.trying = false;
		if (this.said) this.conclude(this.said);
		else void this.judge();
		this.doors.changed();
	}

	private linger(): void {
		this.trying = false;
		if (this.wrong) this.told = true;
		else if (this.said === "unknown") this.apply();
		this.doors.changed();
	}

	private async judge(): Promise<void> {
		this.asked.abort();
		const given = (this.asked = new AbortController());
		const text = this.text;
		let verdict: Verdict = "good";
		if (text.trim())
			verdict = await this.doors.judge(text, given.signal).catch(() => "unknown");
		if (given.signal.aborted) return;
		this.said = verdict;
		this.conclude(verdict);
		this.doors.changed();
	}

	private conclude(verdict: Verdict): void {
		if (verdict === "good") {
			if (this.settled || !this.doors.halfNamed(this.text)) this.apply();
		} else if (verdict === "unknown") {
			// no judge to be had: the list itself will say
			if (this.settled || !this.trying) this.apply();
		} else {
			this.wrong = verdict;
			// at its end the text may just be unfinished
			const unfinished = verdict.offset + verdict.length >= this.text.trimEnd().length;
			this.told = this.settled || !this.trying || !unfinished;
		}
	}

	private apply(): void {
		const filter = this.text.trim();
		if (this.settled && filter) this.doors.remember(filter);
		if (filter === this.applied) return;
		this.applied = filter;
		this.doors.apply(filter);
	}

	private async offer(caret: number): Promise<void> {
		this.offersAsked.abort();
		const given = (this.offersAsked = new AbortController());
		const found = await this.doors.offer(this.text, caret, given.signal).catch(() => null);
		if (given.signal.aborted || !this.focused) return;
		const chosen = this.offers?.items[this.chosen]?.text; // between asking and the answer
		this.offers = found?.items.length ? { ...found, recent: false } : null;
		this.chosen = this.offers?.items.findIndex((item) => item.text === chosen) ?? -1;
		this.doors.changed();
	}

	private offerRecent(): void {
		const items = this.doors.recent().map((text) => ({ text, kind: "value", help: null }));
		this.offers = items.length ? { start: 0, end: 0, items, recent: true } : null;
		this.chosen = -1;
	}

	private closeOffers(): void {
		this.offersAsked.abort();
		this.offers = null;
		this.chosen = -1;
	}
}
