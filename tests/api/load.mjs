// SPDX-License-Identifier: BSD-2-Clause
// Bad company for a daemon with many flows: slow requests, readers that stand still, answers that
// are reset half way, bytes of other protocols, a thousand streams. Not one of the *_test.mjs that
// run over ordinary traffic; tests/lab/http.sh starts it. FLOWBPF_URL, FLOWBPF_PID.
import fs from "node:fs";
import net from "node:net";
import { check, finish, port, quickest, raw, request, sleep, stream, within } from "./raw.mjs";

const pid = process.env.FLOWBPF_PID;
const host = `Host: 127.0.0.1:${port}\r\n`;
const rss = () =>
	Number(/^VmRSS:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
const fds = () => fs.readdirSync(`/proc/${pid}/fd`).length;
const cpu = () =>
	fs
		.readdirSync(`/proc/${pid}/task`)
		.reduce(
			(sum, tid) =>
				sum +
				Number(
					fs.readFileSync(`/proc/${pid}/task/${tid}/schedstat`, "utf8").split(" ")[0],
				) /
					1e6,
			0,
		);
const counter = async (name) => (await request("/api/v1/health")).json.counters[name].value;
const settled = async (value, wanted, ms = 10000) => {
	for (const end = Date.now() + ms; Date.now() < end && !wanted(await value()); await sleep(100));
	return value();
};

// A socket that asks and then reads nothing, not even its end.
const deaf = (bytes) => {
	const socket = net.connect({ port, host: "127.0.0.1" }, () => socket.write(bytes));
	socket.on("error", () => {});
	return socket.pause();
};

const flows = (await request("/api/v1/flows?limit=1")).json.page.total;
check("there are many flows", flows > 20000, flows);

// --- H11: a big table is paged and streamed ---
{
	const first = (target) =>
		quickest(
			() =>
				new Promise((resolve, reject) => {
					const socket = net.connect({ port, host: "127.0.0.1" }, () =>
						socket.write(`GET ${target} HTTP/1.1\r\n${host}\r\n`),
					);
					socket.once("data", () => {
						socket.destroy();
						resolve();
					});
					socket.on("error", reject);
				}),
		);
	for (const target of [
		"/api/v1/flows?limit=100",
		"/api/v1/flows?limit=1000&sort=-bytes",
		"/api/v1/export.ndjson",
		"/api/v1/export.csv",
		"/api/v1/export.json",
	]) {
		const took = await first(target);
		check(`${target}: the first byte comes in 100 ms`, within(took, 100), took);
	}
	await request("/api/v1/export.ndjson");
	const before = rss();
	const all = await request("/api/v1/export.ndjson");
	const grown = rss() - before;
	// it holds one snapshot: what ticks change meanwhile is copied, once, of these flows 9.7 MB
	check(
		"an export of everything takes a copy of the flows at most",
		grown < 12288,
		`${grown} kB`,
	);
	check(
		"... and has everything",
		all.text.trimEnd().split("\n").length >= flows * 0.9 && all.bytes.length > 8e6,
		all.bytes.length,
	);
}

// --- H8, H9: readers that stand still, for the rest of this test ---
const view = encodeURIComponent(
	JSON.stringify({
		limit: 300,
		sort: "-last_seen",
		columns: [
			"id",
			"src.ip",
			"dst.ip",
			"src.port",
			"bytes",
			"packets",
			"last_seen",
			"first_seen",
			"idle_ms",
			"duration_ms",
		],
	}),
);
const dropped = await counter("http_stream_dropped");
const standing = Array.from({ length: 20 }, () =>
		deaf(`GET /api/v1/stream?view=${view} HTTP/1.1\r\n${host}\r\n`),
	),
	stood = Date.now();

// --- H8: slow requests ---
{
	const deadlines = await counter("http_deadlines");
	const head = `GET /api/v1/health HTTP/1.1\r\n${host}`;
	const slow = [
		...Array.from({ length: 100 }, () =>
			raw([...head.padEnd(90, "X")], { pause: 1000, wait: 60000 }),
		),
		...Array.from({ length: 100 }, () => raw("GET /api", { wait: 60000 })),
		...Array.from({ length: 100 }, () => raw("", { wait: 60000 })),
	];
	const started = Date.now();
	const download = deaf(`GET /api/v1/export.ndjson HTTP/1.1\r\n${host}\r\n`);
	await sleep(500);
	const took = await quickest(() => request("/api/v1/health"));
	check("beside 300 slow clients a new one is served in 100 ms", within(took, 100), took);
	const answers = await Promise.all(slow);
	const cut = (Date.now() - started) / 1000;
	check(
		"300 slow clients are cut at 10 s",
		answers.every((answer) => answer.closed && answer.status === 0) && cut > 8 && cut < 30,
		cut,
	);
	const counted = async () => (await counter("http_deadlines")) - deadlines;
	check(
		"a download that is not read is cut too, all are counted",
		(await settled(counted, (n) => n >= 301, 40000)) >= 301,
		await counted(),
	);
	download.destroy();
}

// --- H15: other protocols ---
{
	let seed = 42;
	const byte = () => ((seed = (seed * 1103515245 + 12345) & 0x7fffffff) >> 16) & 255;
	const blobs = Array.from(
		{ length: 200 },
		() => String.fromCharCode(...Array.from({ length: 1 + byte() * 4 }, byte)) + "\r\n\r\n",
	);
	const answers = await Promise.all(blobs.map((blob) => raw(blob, { wait: 20000 })));
	check(
		"200 times random bytes: an error or nothing, and closed",
		answers.every((answer) => answer.closed && (answer.status === 0 || answer.status >= 400)),
		JSON.stringify(
			answers
				.filter((answer) => !answer.closed || (answer.status && answer.status < 400))
				.slice(0, 3),
		),
	);
}

// --- H16: answers that are reset half way ---
{
	const targets = [
		"/api/v1/export.ndjson",
		"/api/v1/stream",
		`/api/v1/stream?view=${view}`,
		"/api/v1/flows?limit=1000",
		"/",
		"/api/v1/summary",
		"/api/v1/export.csv",
		"/api/v1/openapi.json",
	];
	const reset = (i) =>
		new Promise((resolve) => {
			const socket = net.connect({ port, host: "127.0.0.1" }, () => {
				socket.write(`GET ${targets[i % targets.length]} HTTP/1.1\r\n${host}\r\n`);
				if (i % 3 === 0) socket.resetAndDestroy();
			});
			socket.once("data", () => socket.resetAndDestroy());
			socket.on("error", () => resolve());
			socket.on("close", () => resolve());
		});
	const rounds = async (n) => {
		for (let i = 0; i < n; i += 50)
			await Promise.all(Array.from({ length: 50 }, (_, k) => reset(i + k)));
	};
	await rounds(400);
	const open = await settled(fds, (n) => n <= 60),
		before = rss();
	await rounds(2000);
	const after = await settled(fds, (n) => n <= open + 2);
	check("2,000 resets leave no descriptor", after <= open + 2, `${open}, then ${after}`);
	const grown = rss() - before;
	check("2,000 resets leave no memory", grown < 6144, `${grown} kB`);
	check(
		"streams that were reset are gone",
		(await settled(
			() => counter("http_streams"),
			(n) => n <= 20,
		)) <= 20,
	);
}

// --- H9: a thousand streams ---
{
	const before = rss();
	const many = Array.from({ length: 1000 }, () => stream());
	const open = (
		await Promise.all(
			many.map((one) =>
				one.ready.then(
					(res) => res.statusCode,
					() => 0,
				),
			),
		)
	).filter((status) => status === 200).length;
	check("1,000 streams are served", open === 1000, open);
	await Promise.all(many.map((one) => one.next("summary", 20000)));
	const each = (rss() - before) / open;
	check("a stream takes less than 20 kB", each < 20, `${each} kB`);
	const used = cpu();
	await sleep(4000);
	const share = (cpu() - used) / 40;
	check("1,000 streams do not take a core", share < 80, `${share} %`);
	console.log(`# 1,000 streams: ${each.toFixed(1)} kB each, ${share.toFixed(1)} % of a core`);
	const took = await quickest(() => request("/api/v1/fields"));
	check("a request beside them takes under 250 ms", within(took, 250), took);
	const late = Array.from({ length: 40 }, () => stream());
	const over = await Promise.all(
		late.map((one) =>
			one.ready.then(
				(res) => [res.statusCode, res.headers["retry-after"]],
				() => [0],
			),
		),
	);
	check(
		"past the limit: 503, and when to come back",
		over.some(([status, after]) => status === 503 && Number(after) > 0) &&
			over.every(([status]) => status === 200 || status === 503),
		JSON.stringify(over.slice(0, 5)),
	);
	for (const one of [...many, ...late]) one.close();
	check(
		"when they are gone there is room again",
		(await settled(
			() => counter("http_streams"),
			(n) => n <= 20,
			20000,
		)) <= 20,
	);
}

// --- H9: whoever stood still is gone by now, and counted ---
{
	const counted = async () => (await counter("http_stream_dropped")) - dropped;
	check(
		"streams that are not read are cut and counted",
		(await settled(counted, (n) => n >= 20, 90000)) === 20,
		await counted(),
	);
	console.log(
		`# readers that stand still were put up with for ${Math.round((Date.now() - stood) / 1000)} s at most`,
	);
	check(
		"... and ticks were skipped for them meanwhile",
		(await counter("http_stream_skipped")) > 100,
	);
	for (const one of standing) one.destroy();
}
finish();
