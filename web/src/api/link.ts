// SPDX-License-Identifier: BSD-2-Clause
// How this tab reaches the owner of the stream: a shared worker; else the tab that holds a lock,
// over a broadcast channel; else a hub of its own.

import { workerName } from "../core/base";
import { Hub } from "./hub";
import type { FromHub, ToHub } from "./messages";

declare const WORKER_URL: string;

export interface Link {
	send(message: ToHub): void;
	kind: "worker" | "channel" | "own";
}

type Receive = (message: FromHub) => void;

function byWorker(receive: Receive): Link {
	const worker = new SharedWorker(WORKER_URL, { type: "module", name: workerName });
	worker.port.onmessage = (event: MessageEvent<FromHub>) => receive(event.data);
	worker.port.start();
	return { kind: "worker", send: (message) => worker.port.postMessage(message) };
}

/** The same for all tabs of this browser, so that the server can bound their streams. */
function browserName(): string {
	const made = crypto.getRandomValues(new Uint32Array(2)).join("-");
	try {
		const kept = localStorage.getItem("flowbpf.browser");
		if (kept) return kept;
		localStorage.setItem("flowbpf.browser", made);
	} catch {
		// no storage: this tab stands for itself
	}
	return made;
}

function own(receive: Receive): Link {
	const hub = new Hub(browserName());
	return { kind: "own", send: (message) => hub.receive("own", message, receive) };
}

type OnChannel =
	| { to: "hub"; from: string; message: ToHub }
	| { to: string; message: FromHub }
	| { to: "all"; leader: true };

/** `again` is called when a new tab leads: say everything once more. */
function byChannel(receive: Receive, again: () => void): Link {
	const channel = new BroadcastChannel(workerName);
	const me = crypto.getRandomValues(new Uint32Array(1))[0]!.toString(36);
	let hub: Hub | null = null;
	channel.onmessage = (event: MessageEvent<OnChannel>) => {
		const data = event.data;
		if (data.to === "hub" && "from" in data)
			hub?.receive(data.from, data.message, (message) =>
				channel.postMessage({ to: data.from, message }),
			);
		else if (data.to === me && "message" in data) receive(data.message as FromHub);
		else if (data.to === "all") again();
	};
	void navigator.locks.request(workerName, () => {
		hub = new Hub();
		channel.postMessage({ to: "all", leader: true });
		again();
		return new Promise(() => {}); // held until this tab goes
	});
	return {
		kind: "channel",
		send: (message) =>
			hub
				? hub.receive(me, message, receive)
				: channel.postMessage({ to: "hub", from: me, message }),
	};
}

export function connect(receive: Receive, again: () => void): Link {
	if (typeof SharedWorker === "function") return byWorker(receive);
	if (typeof BroadcastChannel === "function" && navigator.locks) return byChannel(receive, again);
	return own(receive);
}
