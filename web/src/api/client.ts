// SPDX-License-Identifier: BSD-2-Clause
// Requests to the JSON API. Runs in the page and in the shared worker.

import { at } from "../core/base";
import { isOfPast, over, turn } from "./turns";
import type { Problem } from "./types";

export class ApiError extends Error {
	readonly problem: Problem;
	constructor(problem: Problem) {
		super(problem.detail ?? problem.title);
		this.problem = problem;
	}
}

export type Query = Record<string, string | number | boolean | null | undefined>;

export function url(path: string, query: Query = {}): string {
	const params = new URLSearchParams();
	for (const [name, value] of Object.entries(query))
		if (value !== undefined && value !== null && value !== "") params.set(name, String(value));
	const text = params.toString();
	return at(`/api/v1/${path}${text ? `?${text}` : ""}`);
}

let silence = "flowbpf does not answer";

/** Of a server that says nothing, in the language of the page: the worker has no texts. */
export function callSilence(words: string): void {
	silence = words;
}

/** One that no server wrote. */
const problem = (title: string, status: number): Problem => ({
	type: "about:blank",
	title,
	status,
	detail: null,
	code: "",
	request_id: "",
});

async function problemOf(answer: Response): Promise<Problem> {
	const bare = problem(answer.statusText || "Error", answer.status);
	try {
		return { ...bare, ...((await answer.json()) as Partial<Problem>) };
	} catch {
		return bare;
	}
}

export interface Ask {
	method?: string;
	query?: Query;
	body?: unknown;
	signal?: AbortSignal;
	/** answers that are not 2xx but carry a body all the same (health's 503) */
	accept?: number[];
}

export async function ask<T>(path: string, how: Ask = {}): Promise<T> {
	if (!isOfPast(path, how.query)) return send<T>(path, how);
	await turn();
	const answer = send<T>(path, how);
	void answer.then(over, over);
	return answer;
}

async function send<T>(path: string, how: Ask): Promise<T> {
	const method = how.method ?? "GET";
	const headers: Record<string, string> = { Accept: "application/json" };
	if (method !== "GET") headers["X-Flowbpf-CSRF"] = "1";
	if (method !== "GET") headers["Content-Type"] = "application/json";
	let answer: Response;
	try {
		answer = await fetch(url(path, how.query), {
			method,
			headers,
			body: how.body === undefined ? null : JSON.stringify(how.body),
			signal: how.signal ?? null,
			credentials: "same-origin",
		});
	} catch (error) {
		if ((error as Error).name === "AbortError") throw error;
		throw new ApiError(problem(silence, 0));
	}
	if (!answer.ok && !how.accept?.includes(answer.status))
		throw new ApiError(await problemOf(answer));
	if (answer.status === 204) return undefined as T;
	const text = await answer.text();
	return (text ? JSON.parse(text) : undefined) as T;
}

/** One sentence for people; what the server says of errors stays as it is, in English. */
export function reason(error: unknown): string {
	if (error instanceof ApiError) {
		const first = error.problem.errors?.[0]?.detail;
		const main = error.problem.detail ?? error.problem.title;
		return first && !main.includes(first) ? `${main}: ${first}` : main;
	}
	return error instanceof Error ? error.message : String(error);
}
