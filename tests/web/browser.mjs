// SPDX-License-Identifier: BSD-2-Clause
// A browser and the little of TAP that the page's checks need.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { login } from "../login.mjs";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const require = createRequire(join(root, "web/package.json"));
const { chromium } = require("playwright-core");
export const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const FLAGS = [
	"--no-sandbox",
	"--disable-gpu",
	"--disable-quic",
	"--no-first-run",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
];
const executablePath = process.env.CHROMIUM || "/usr/bin/chromium";

export const base = (process.env.FLOWBPF_URL || "").replace(/\/$/, "");

let browser;
let count = 0;
export let failures = 0;

export async function start() {
	browser = await chromium.launch({ executablePath, args: FLAGS });
}

export async function stop() {
	await browser?.close();
	const slowest = took.sort((a, b) => b[0] - a[0]).slice(0, 10);
	if (took.length > 20)
		console.log(
			`# the slowest: ${slowest.map(([s, name]) => `${s.toFixed(0)} s ${name}`).join("; ")}`,
		);
	console.log(`1..${count}`);
}

const took = []; // [seconds, name]

/** One check: a line of TAP. What it throws is the reason. */
export async function check(name, run) {
	const began = performance.now();
	try {
		const note = await patiently(name, run);
		console.log(`ok ${++count} - ${name}${note ? ` # ${note}` : ""}`);
	} catch (error) {
		failures++;
		console.log(`not ok ${++count} - ${name}`);
		tell(error);
	}
	took.push([(performance.now() - began) / 1000, name]);
}

/** What fails is tried once more, as tests/run.sh does: a busy machine is no fault of the page. */
async function patiently(name, run) {
	try {
		return await run();
	} catch (error) {
		console.log(`# figure: tried once more: ${name}`);
		tell(error);
		return run();
	}
}

function tell(error) {
	const lines = String(error.stack ?? error).split("\n");
	console.log(`# ${lines.slice(0, 12).join("\n# ")}`);
}

export function ok(truth, why) {
	if (!truth) throw new Error(why);
}

/** Some at a time: most of a check is waiting. */
export async function abreast(n, jobs) {
	const rest = [...jobs];
	const lane = async () => {
		while (rest.length) await rest.shift()();
	};
	await Promise.all(Array.from({ length: n }, lane));
}

/** What is closed answers no request any more: its routes' errors are nobody's. */
function quietClose(closed, pages) {
	const close = closed.close.bind(closed);
	closed.close = async () => {
		for (const page of pages()) await page.unrouteAll({ behavior: "ignoreErrors" });
		await close();
	};
}

/** A fresh browser profile, logged in (as an operator) if not told otherwise. `watch` gathers what must not happen. */
export async function profile({ signedOut = false, role, ...options } = {}) {
	const context = await browser.newContext({
		viewport: { width: 1440, height: 900 },
		...options,
	});
	context.setDefaultTimeout(30000 * Math.min(4, busy()));
	quietClose(context, () => context.pages());
	context.on("page", (page) => quietClose(page, () => [page]));
	const cookie = signedOut ? null : await login(base, role);
	if (cookie)
		await context.addCookies([{ ...cookie, url: base, httpOnly: true, sameSite: "Strict" }]);
	await context.addInitScript(() => {
		globalThis.__violations = [];
		globalThis.__moved = 0;
		globalThis.__movers = [];
		const name = (node) =>
			node?.nodeType === 1
				? `${node.localName}.${[...node.classList].join(".")}`
				: `text in ${node?.parentElement?.className ?? "nothing"}`;
		new PerformanceObserver((list) => {
			for (const shift of list.getEntries())
				if (!shift.hadRecentInput) {
					globalThis.__moved += shift.value;
					for (const { node, previousRect: was, currentRect: now } of shift.sources)
						globalThis.__movers.push(
							`${Math.round(shift.startTime)} ms: ${name(node)} from ${was.y | 0}+${was.height | 0} to ${now.y | 0}+${now.height | 0}`,
						);
				}
		}).observe({ type: "layout-shift", buffered: true });
		document.addEventListener("securitypolicyviolation", (event) =>
			globalThis.__violations.push(`${event.violatedDirective} ${event.blockedURI}`),
		);
	});
	return context;
}

export function watch(page) {
	const seen = { errors: [], external: [], dialogs: 0 };
	const own = new URL(base).host;
	page.on("console", (message) => message.type() === "error" && seen.errors.push(message.text()));
	page.on("pageerror", (error) => seen.errors.push(String(error)));
	page.on("request", (request) => {
		const url = new URL(request.url());
		if (url.protocol.startsWith("http") && url.host !== own) seen.external.push(request.url());
	});
	page.on("dialog", (dialog) => {
		seen.dialogs++;
		void dialog.dismiss();
	});
	return seen;
}

export async function open(context, path) {
	const page = await context.newPage();
	const seen = watch(page);
	await page.goto(base + path, { waitUntil: "load" });
	// it asks who it speaks with before it shows anything: until then keys reach nobody
	await page.locator("#app > *").first().waitFor({ state: "attached" });
	return { page, seen };
}

/** How many tasks share a CPU of this machine, 1 to 8: time limits are for one that is not busy. */
export const busy = () => Math.min(8, 1 + Math.floor(loadavg()[0] / cpus().length));

/** Wait until `test` in the page is true; says what it waited for. */
export async function until(page, what, test, argument, patience = 8000) {
	const timeout = patience * busy();
	try {
		return await page.waitForFunction(test, argument, { timeout, polling: 100 });
	} catch (error) {
		throw new Error(`waited ${timeout} ms for: ${what} (${String(error).split("\n")[0]})`);
	}
}

export const api = async (path) => (await fetch(`${base}/api/v1/${path}`)).json();

/** By the operator's session of a page. */
export const asked = (page, path, method, body) =>
	page.evaluate(
		async ([where, how, what]) => {
			const answer = await fetch(`/api/v1/${where}`, {
				method: how,
				headers: { "X-Flowbpf-CSRF": "1", "Content-Type": "application/json" },
				body: what === undefined ? undefined : JSON.stringify(what),
			});
			return answer.json();
		},
		[path, method, body],
	);

/** Until the daemon has counted so many seconds more. */
export async function ticks(n, patience = 8000) {
	const epoch = async () => (await api("summary")).epoch;
	const from = await epoch();
	const end = Date.now() + (patience + 1000 * n) * busy();
	while ((await epoch()) < from + n) {
		ok(Date.now() < end, `waited for ${n} seconds of the daemon`);
		await new Promise((go) => setTimeout(go, 100));
	}
}

/** Until nothing has moved on the page for a moment. */
export const still = (page) =>
	page.evaluate(
		() =>
			new Promise((done) => {
				let was = -1;
				const look = () => {
					if (globalThis.__moved === was) return done();
					was = globalThis.__moved;
					setTimeout(look, 600);
				};
				look();
			}),
	);

/** The server's view of things may be a tick ahead: compare within a share. */
export function near(a, b, share, least) {
	return Math.abs(a - b) <= Math.max(least, share * Math.max(a, b));
}
