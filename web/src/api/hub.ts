// SPDX-License-Identifier: BSD-2-Clause
// The one owner of the event stream, for any number of tabs: each tab has its own views on it,
// told apart by a prefix of their name. Lives in the shared worker, else in one tab.

import { ApiError, ask, url } from "./client";
import type { FromHub, LinkState, Send, ToHub } from "./messages";
import { ofHub } from "../core/base";
import { pollSummary, pollView } from "./unstreamed";
import type { Hello, RowsEvent, ViewBody } from "./types";

const EVENTS = [
	"hello",
	"summary",
	"rows",
	"log",
	"batch_start",
	"batch_results",
	"batch_history",
	"monitor_status",
	"bye",
];
const KEPT = new Set(["hello", "summary", "batch_start", "batch_history", "monitor_status"]);
const TAB_GONE_MS = 180_000; // hidden tabs may speak once a minute only
const RETRY_MS = 3000;
const POLL_MS = 2000;

interface Tab {
	send: Send;
	heard: number;
	views: Map<string, ViewBody>;
}

interface Put {
	body: ViewBody | null; // null: drop it
	busy: boolean;
	dirty: boolean;
}

export class Hub {
	private tabs = new Map<string, Tab>();
	private puts = new Map<string, Put>();
	private source: EventSource | null = null;
	private sid: string | null = null;
	private state: LinkState = "connecting";
	private kept = new Map<string, unknown>();
	private timer: ReturnType<typeof setTimeout> | undefined;

	/** `session` names this browser where several tabs may each have a stream */
	constructor(private session = "") {
		setInterval(() => this.sweep(), 30_000);
	}

	receive(tabId: string, message: ToHub, send: Send): void {
		let tab = this.tabs.get(tabId);
		if (message.t === "bye") {
			this.leave(tabId);
			return;
		}
		if (!tab) {
			tab = { send, heard: 0, views: new Map() };
			this.tabs.set(tabId, tab);
		}
		tab.heard = Date.now();
		tab.send = send;
		if (message.t === "join") this.join(tab);
		else if (message.t === "view") this.setView(tabId, tab, message.body);
		else if (message.t === "drop") this.dropView(tabId, tab, message.view);
		else if (message.t === "retry") this.open();
		if (!this.source && this.state === "connecting") this.open();
	}

	private join(tab: Tab): void {
		tab.send({ t: "link", state: this.state });
		for (const [name, data] of this.kept) tab.send({ t: "event", name, data });
	}

	private leave(tabId: string): void {
		const tab = this.tabs.get(tabId);
		if (!tab) return;
		for (const view of tab.views.keys()) this.put(`${tabId}.${view}`, null);
		this.tabs.delete(tabId);
		if (this.tabs.size === 0) this.close("connecting");
	}

	private sweep(): void {
		for (const [id, tab] of this.tabs) if (Date.now() - tab.heard > TAB_GONE_MS) this.leave(id);
	}

	private setView(tabId: string, tab: Tab, body: ViewBody): void {
		tab.views.set(body.view, body);
		this.put(`${tabId}.${body.view}`, { ...body, view: `${tabId}.${body.view}` });
	}

	private dropView(tabId: string, tab: Tab, view: string): void {
		if (tab.views.delete(view)) this.put(`${tabId}.${view}`, null);
	}

	/** One request at a time for a view; what changed meanwhile goes out as the newest only. */
	private put(name: string, body: ViewBody | null): void {
		const put = this.puts.get(name) ?? { body, busy: false, dirty: false };
		put.body = body;
		put.dirty = true;
		this.puts.set(name, put);
		void this.flush(name, put);
	}

	private async flush(name: string, put: Put): Promise<void> {
		if (put.busy || !this.sid) return;
		put.busy = true;
		while (put.dirty && this.sid) {
			put.dirty = false;
			const path = `stream/${this.sid}/view`;
			try {
				if (put.body) await ask(path, { method: "PUT", body: put.body });
				else await ask(`${path}/${encodeURIComponent(name)}`, { method: "DELETE" });
			} catch (error) {
				this.viewFailed(name, error);
			}
		}
		put.busy = false;
		if (!put.body && !put.dirty) this.puts.delete(name);
	}

	private viewFailed(name: string, error: unknown): void {
		if (!(error instanceof ApiError)) return;
		const status = error.problem.status;
		if (status === 401) this.close("signed-out");
		else if (status === 404 && this.puts.get(name)?.body) this.wait();
		else this.toTab(name, (view) => ({ t: "refused", view, problem: error.problem }));
	}

	private toTab(name: string, make: (view: string) => FromHub): void {
		const dot = name.indexOf(".");
		this.tabs.get(name.slice(0, dot))?.send(make(name.slice(dot + 1)));
	}

	private tell(state: LinkState): void {
		if (state === this.state) return;
		this.state = state;
		this.all({ t: "link", state });
	}

	private all(message: FromHub): void {
		for (const tab of this.tabs.values()) tab.send(message);
	}

	private close(state: LinkState): void {
		clearTimeout(this.timer);
		this.source?.close();
		this.source = null;
		this.sid = null;
		this.tell(state);
	}

	private wait(): void {
		this.close("waiting");
		this.timer = setTimeout(() => this.open(), RETRY_MS);
	}

	private open(): void {
		clearTimeout(this.timer);
		this.source?.close();
		this.sid = null;
		if (ofHub) {
			void this.diagnose();
			return;
		}
		const source = new EventSource(url("stream", { session: this.session }));
		this.source = source;
		for (const name of EVENTS)
			source.addEventListener(name, (event) =>
				this.heard(name, (event as MessageEvent<string>).data),
			);
		source.onerror = () => {
			if (this.source !== source) return;
			this.sid = null;
			if (source.readyState === EventSource.CLOSED) void this.diagnose();
			else this.tell("waiting"); // the browser itself tries again, with Last-Event-ID
		};
	}

	/** The stream was refused for good: signed out, too many streams, or the server went away. */
	private async diagnose(): Promise<void> {
		this.close(this.state === "live" ? "waiting" : this.state);
		try {
			const session = await ask<{ role: string | null; hub: boolean }>("session");
			if (!session.role) this.tell("signed-out");
			else if (session.hub)
				this.tell("polling"); // of a fleet: pages ask for themselves
			else this.poll();
		} catch (error) {
			if (error instanceof ApiError && error.problem.status === 401) this.tell("signed-out");
			else this.wait();
		}
	}

	private heard(name: string, text: string): void {
		let data: unknown;
		try {
			data = JSON.parse(text);
		} catch {
			return;
		}
		if (name === "hello") {
			this.sid = (data as Hello).sid;
			this.tell("live");
			for (const [view, put] of this.puts) {
				put.dirty = put.body !== null;
				if (put.body) void this.flush(view, put);
				else this.puts.delete(view);
			}
		}
		if (KEPT.has(name)) this.kept.set(name, data);
		if (name === "bye") {
			this.all({ t: "event", name, data });
			this.wait();
			return;
		}
		if (name === "rows") {
			const rows = data as RowsEvent;
			this.toTab(rows.view, (view) => ({ t: "event", name, data: { ...rows, view } }));
		} else {
			this.all({ t: "event", name, data });
		}
	}

	/** No stream to be had (the server's limit): ask every two seconds instead. */
	private poll(): void {
		this.tell("polling");
		this.timer = setTimeout(() => void this.pollOnce(), 0);
	}

	private async pollOnce(): Promise<void> {
		try {
			const data = await pollSummary();
			this.kept.set("summary", data);
			this.all({ t: "event", name: "summary", data });
			for (const [name, put] of this.puts) {
				if (!put.body) continue;
				const rows = await pollView(put.body);
				this.toTab(name, (view) => ({ t: "event", name: "rows", data: { ...rows, view } }));
			}
			this.timer = setTimeout(() => void this.pollOnce(), POLL_MS);
		} catch {
			this.wait();
		}
	}
}
