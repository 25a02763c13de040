// SPDX-License-Identifier: BSD-2-Clause
// Text of the filter language: putting terms together and taking a text apart at its top-level
// "and"s. Parsing and judging is the server's; here is only what the page needs to build, add to
// and explain a filter. Pure.

export interface Quick {
	proto?: string;
	state?: string;
	ip?: string;
	port?: string;
	name?: string;
	iface?: string;
}

const PLAIN = /^[\p{L}\p{N}_.:/@*-]+$/u;
const WORDS = new Set(["and", "or", "not", "in"]);

/** A value as the language takes it: bare when it can be, else quoted. */
function quote(value: string): string {
	if (PLAIN.test(value) && !WORDS.has(value.toLowerCase()) && !value.startsWith("-"))
		return value;
	return `"${value.replace(/[\\"]/g, "\\$&")}"`;
}

/** A value that is not known is none that the language has: any that is known has "" in it. */
export function term(field: string, value: string | number, op = "="): string {
	if (value === "") return `not ${field}~""`;
	return `${field}${op}${quote(String(value))}`;
}

const OR_OUTSIDE = /\bor\b/i;

/** Terms joined by "and"; what holds an "or" goes into parentheses. */
export function all(...terms: (string | null | undefined)[]): string {
	const real = terms.map((t) => t?.trim() ?? "").filter(Boolean);
	if (real.length < 2) return real[0] ?? "";
	return real.map((t) => (OR_OUTSIDE.test(t) && !wrapped(t) ? `(${t})` : t)).join(" and ");
}

export function exclude(filterTerm: string): string {
	return `not ${filterTerm}`;
}

/** Is the whole text one pair of parentheses? */
function wrapped(text: string): boolean {
	if (!text.startsWith("(") || !text.endsWith(")")) return false;
	let depth = 0;
	let quoted = false;
	for (let i = 0; i < text.length; i++) {
		const ch = text[i];
		if (quoted && ch === "\\") i++;
		else if (ch === '"') quoted = !quoted;
		else if (!quoted && ch === "(") depth++;
		else if (!quoted && ch === ")" && --depth === 0 && i < text.length - 1) return false;
	}
	return depth === 0;
}

/** Words and groups at the top level, quotes and parentheses kept whole. */
function pieces(text: string): string[] {
	const found: string[] = [];
	let word = "";
	let depth = 0;
	let quoted = false;
	for (let i = 0; i < text.length; i++) {
		const ch = text[i]!;
		if (quoted && ch === "\\") {
			word += ch + (text[++i] ?? "");
			continue;
		}
		if (ch === '"') quoted = !quoted;
		if (!quoted && ch === "(") depth++;
		if (!quoted && ch === ")") depth--;
		if (!quoted && depth === 0 && /\s/.test(ch)) {
			if (word) found.push(word);
			word = "";
		} else {
			word += ch;
		}
	}
	if (word) found.push(word);
	return found;
}

const OPERATOR = /^(=|!=|<|<=|>|>=|~|!~|in|&)$/i;

/**
 * The top-level terms of a filter, or the whole as one when an "or" stands at the top. `a = b`
 * written with blanks stays together, `not` stays with its term.
 */
export function terms(text: string): string[] {
	const found: string[] = [];
	let glue = false;
	for (const piece of pieces(text)) {
		const lower = piece.toLowerCase();
		if (lower === "or") return [text.trim()];
		if (lower === "and") {
			glue = false;
			continue;
		}
		if (OPERATOR.test(piece) && found.length) {
			found[found.length - 1] += ` ${piece}`;
			glue = true;
		} else if (glue) {
			found[found.length - 1] += ` ${piece}`;
			glue = lower === "not";
		} else {
			found.push(piece);
			glue = lower === "not" || lower === "!" || /[=<>~]$/.test(piece);
		}
	}
	return found;
}

/** Is what is being typed at the end the beginning of a field's name, as "dst." is of dst.host? */
export function halfNamed(text: string, fields: string[]): boolean {
	const word = /(?:^|[\s(!])([a-z_]+\.[a-z_.]*)$/.exec(text)?.[1];
	return !!word && fields.some((name) => name.startsWith(word));
}

export function without(text: string, index: number): string {
	return all(...terms(text).filter((_, i) => i !== index));
}

/** Add a term unless it is there already; its opposite goes away. */
export function add(text: string, extra: string): string {
	const have = terms(text);
	if (have.includes(extra)) return text;
	const opposite = extra.startsWith("not ") ? extra.slice(4) : exclude(extra);
	return all(...have.filter((t) => t !== opposite), extra);
}

/** The quick filters as terms; each value is one exact thing. */
export function quickTerms(quick: Quick): string[] {
	return (["proto", "state", "ip", "port", "name", "iface"] as const)
		.filter((field) => quick[field])
		.map((field) => term(field, quick[field]!, field === "name" ? "~" : "="));
}
