// SPDX-License-Identifier: BSD-2-Clause
// What the API tests share: raw sockets, JSON requests, live streams and counted checks.
import fs from "node:fs";
import net from "node:net";
import http from "node:http";
import https from "node:https";
import tls from "node:tls";
import { login } from "../login.mjs";

export const base = new URL(process.env.FLOWBPF_URL ?? "http://127.0.0.1:8080/");
export const port = Number(base.port || 80);
export const secure = base.protocol === "https:"; // with whatever certificate
const client = secure ? https : http;
const cookie = await login(base);
/** What requests carry: an operator's login. */
export const operator = cookie ? { Cookie: `${cookie.name}=${cookie.value}` } : {};
let failed = 0,
	passed = 0;

export function check(name, ok, detail = "") {
	if (ok) {
		passed++;
		return;
	}
	failed++;
	console.log(`not ok - ${name}${detail === "" ? "" : ": " + detail}`);
}

// The source of the tables of routes.
export function tables() {
	return ["user/api/routes.c", "user/live/stream.c"]
		.map((file) => fs.readFileSync(new URL(`../../${file}`, import.meta.url), "utf8"))
		.join("");
}

export function finish() {
	console.log(`${passed} passed, ${failed} failed`);
	process.exit(failed || !passed ? 1 : 0);
}

// Send bytes (a string is latin1, a list is sent piece by piece) and collect the answer until the
// peer closes or `wait` ms of silence; tells whether the connection was closed.
export function raw(bytes, { wait = 400, pause = 5, host = base.hostname } = {}) {
	return new Promise((resolve) => {
		const pieces = Array.isArray(bytes) ? [...bytes] : [bytes];
		const where = { port, host: host.replace(/[[\]]/g, ""), rejectUnauthorized: false };
		const socket = secure ? tls.connect(where) : net.connect(where);
		let text = "",
			timer,
			done = false;
		const end = (closed) => {
			if (done) return;
			done = true;
			clearTimeout(timer);
			socket.destroy();
			resolve({
				text,
				closed,
				status: Number(/^HTTP\/1\.[01] (\d+)/.exec(text)?.[1] ?? 0),
				answers: text.match(/HTTP\/1\.1 \d+ [A-Z]/g)?.length ?? 0,
			});
		};
		const alive = () => {
			clearTimeout(timer);
			timer = setTimeout(() => end(false), wait);
		};
		socket.on("data", (data) => {
			text += data.toString("latin1");
			alive();
		});
		socket.on("close", () => end(true));
		socket.on("error", () => end(true));
		socket.on(secure ? "secureConnect" : "connect", async () => {
			alive();
			for (const piece of pieces) {
				if (socket.destroyed) break;
				socket.write(Buffer.from(piece, "latin1"));
				alive();
				if (pieces.length > 1) await sleep(pause);
			}
		});
	});
}

// How many times longer things take here because others have the cores: what a busy loop takes by the
// clock over what it takes of a core.
export function busyness() {
	const cpu = process.cpuUsage(),
		started = performance.now();
	while (performance.now() - started < 40);
	const { user, system } = process.cpuUsage(cpu);
	return Math.max(1, ((performance.now() - started) * 1000) / Math.max(1, user + system));
}
// Whether it took less than it may; more is allowed as far as the machine is busy.
export const within = (took, ms) => took < ms || took < ms * busyness();
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// The least of some tries, in ms: what the server takes, whatever else the machine does.
export async function quickest(act, tries = 5) {
	let least = Infinity;
	for (let i = 0; i < tries; i++) {
		const started = performance.now();
		await act();
		least = Math.min(least, performance.now() - started);
	}
	return least;
}

// One request through the ordinary client; `body` is sent as JSON.
export function request(path, { method = "GET", headers = {}, body, agent } = {}) {
	return new Promise((resolve, reject) => {
		const data =
			body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
		const req = client.request(
			new URL(path, base),
			{
				method,
				agent: agent ?? false,
				rejectUnauthorized: false,
				headers: {
					...(data === undefined
						? {}
						: {
								"Content-Type": "application/json",
								"Content-Length": Buffer.byteLength(data),
							}),
					...operator,
					...(method === "GET" || method === "HEAD" ? {} : { "X-Flowbpf-CSRF": "1" }),
					...headers,
				},
			},
			(res) => {
				const parts = [];
				res.on("data", (part) => parts.push(part));
				res.on("end", () => {
					const bytes = Buffer.concat(parts);
					let json;
					try {
						json = JSON.parse(bytes.toString());
					} catch {
						/* not JSON */
					}
					resolve({
						status: res.statusCode,
						headers: res.headers,
						bytes,
						text: bytes.toString(),
						json,
					});
				});
				res.on("error", reject);
			},
		);
		req.on("error", reject);
		req.end(data);
	});
}

// A live stream: `events` grows, `next(type)` waits for one that has not been waited for yet.
export function stream(path = "/api/v1/stream", headers = {}) {
	const events = [],
		waiting = [];
	let buffer = "",
		status,
		req,
		ended = false;
	const seen = {};
	const wake = () => {
		for (const w of waiting.splice(0)) w();
	};
	const ready = new Promise((resolve, reject) => {
		req = client.get(
			new URL(path, base),
			{ agent: false, rejectUnauthorized: false, headers },
			(res) => {
				status = res.statusCode;
				resolve(res);
				res.setEncoding("utf8");
				res.on("data", (text) => {
					buffer += text;
					for (
						let at;
						(at = buffer.indexOf("\n\n")) >= 0;
						buffer = buffer.slice(at + 2)
					) {
						const event = { type: "message", data: "" };
						for (const line of buffer.slice(0, at).split("\n")) {
							if (line.startsWith("event: ")) event.type = line.slice(7);
							else if (line.startsWith("data: ")) event.data += line.slice(6);
							else if (line.startsWith("id: ")) event.id = line.slice(4);
							else if (line.startsWith("retry: ")) event.retry = line.slice(7);
							else if (line.startsWith(":")) event.comment = true;
						}
						if (event.data) event.json = JSON.parse(event.data);
						events.push(event);
					}
					wake();
				});
				res.on("close", () => {
					ended = true;
					wake();
				});
				res.on("error", () => {
					ended = true;
					wake();
				});
			},
		);
		req.on("error", (error) => {
			ended = true;
			wake();
			reject(error);
		});
	});
	ready.catch(() => {}); // whoever waits for it is told, nobody else has to
	const next = async (type, ms = 5000, accept = () => true) => {
		const until = Date.now() + ms;
		for (;;) {
			for (let i = seen[type] ?? 0; i < events.length; i++) {
				if (events[i].type === type && accept(events[i].json)) {
					seen[type] = i + 1;
					return events[i];
				}
			}
			if (ended || Date.now() > until) throw new Error(`no ${type} event in ${ms} ms`);
			await Promise.race([
				new Promise((r) => waiting.push(r)),
				sleep(until - Date.now() + 1),
			]);
		}
	};
	return {
		ready,
		events,
		next,
		get status() {
			return status;
		},
		get ended() {
			return ended;
		},
		close: () => req.destroy(),
	};
}
