// SPDX-License-Identifier: BSD-2-Clause
// The server against requests no browser sends, byte by byte over raw sockets, and its promises to
// those that do: hosts, methods, paths, headers, limits, keep-alive. Needs a daemon: FLOWBPF_URL.
import {
	base,
	check,
	finish,
	operator,
	port,
	quickest,
	raw,
	request,
	sleep,
	within,
	stream,
	tables,
} from "./raw.mjs";

const host = `Host: 127.0.0.1:${port}\r\n`;
const who = operator.Cookie ? `Cookie: ${operator.Cookie}\r\n` : "";
const path = "/api/v1/health";
const good = `GET ${path} HTTP/1.1\r\n${host}\r\n`;

// name, bytes, status wanted (or several: what the library refuses by itself, its versions refuse
// differently); every one of them must also end the connection
const malformed = [
	["no Host", `GET ${path} HTTP/1.1\r\n\r\n`, 400],
	["no Host, HTTP/1.0", `GET ${path} HTTP/1.0\r\n\r\n`, 400],
	["two Hosts", `GET ${path} HTTP/1.1\r\n${host}${host}\r\n`, 400],
	["another Host", `GET ${path} HTTP/1.1\r\nHost: evil.example\r\n\r\n`, 421],
	["a Host with a dot behind", `GET ${path} HTTP/1.1\r\nHost: localhost.\r\n\r\n`, 421],
	["an empty Host", `GET ${path} HTTP/1.1\r\nHost:\r\n\r\n`, 421],
	["a Host with user part", `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1@evil.example\r\n\r\n`, 421],
	["a Host with a bad port", `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:99999\r\n\r\n`, 421],
	["a Host with another address", `GET ${path} HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n`, 421],
	["absolute URI", `GET http://127.0.0.1:${port}${path} HTTP/1.1\r\n${host}\r\n`, 400],
	["absolute URI of another", `GET http://evil.example${path} HTTP/1.1\r\n${host}\r\n`, 400],
	["asterisk", `OPTIONS * HTTP/1.1\r\n${host}\r\n`, 400],
	["CONNECT", `CONNECT evil.example:443 HTTP/1.1\r\n${host}\r\n`, 400],
	[
		"two Content-Lengths",
		`POST ${path} HTTP/1.1\r\n${host}Content-Length: 2\r\nContent-Length: 70\r\n\r\n{}${good}`,
		400,
	],
	[
		"two equal Content-Lengths",
		`POST ${path} HTTP/1.1\r\n${host}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}`,
		400,
	],
	[
		"length and chunks",
		`POST ${path} HTTP/1.1\r\n${host}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${good}`,
		400,
	],
	["chunks", `POST ${path} HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 411],
	[
		"odd encoding",
		`POST ${path} HTTP/1.1\r\n${host}Transfer-Encoding: xchunked\r\n\r\n`,
		[411, 400],
	],
	["bare LF everywhere", good.replaceAll("\r\n", "\n"), 400],
	["bare LF after the request line", `GET ${path} HTTP/1.1\n${host}\r\n`, 400],
	["bare LF after a header", `GET ${path} HTTP/1.1\r\nX-A: b\n${host}\r\n`, 400],
	["bare LF at the end", `GET ${path} HTTP/1.1\r\n${host}\n`, 400],
	["bare CR in a value", `GET ${path} HTTP/1.1\r\n${host}X-A: b\rX-B: c\r\n\r\n`, 400],
	["blank before the colon", `GET ${path} HTTP/1.1\r\nHost : 127.0.0.1:${port}\r\n\r\n`, 400],
	[
		"blank before the colon, besides Host",
		`GET ${path} HTTP/1.1\r\n${host}Content-Length : 3\r\n\r\n`,
		400,
	],
	["folded header", `GET ${path} HTTP/1.1\r\n${host}X-A: b\r\n c\r\n\r\n`, 400],
	["folded by a tab", `GET ${path} HTTP/1.1\r\n${host}X-A: b\r\n\tc\r\n\r\n`, 400],
	["folded Host", `GET ${path} HTTP/1.1\r\nHost:\r\n 127.0.0.1:${port}\r\n\r\n`, 400],
	["first line folded", `GET ${path} HTTP/1.1\r\n X: y\r\n${host}\r\n`, 400],
	["NUL in a value", `GET ${path} HTTP/1.1\r\n${host}X-A: b\0c\r\n\r\n`, 400],
	[
		"NULs that look like a header",
		`GET ${path} HTTP/1.1\r\n${host}X-A: b\0\0X-B\0 c\r\n\r\n`,
		400,
	],
	["NUL in the path", `GET ${path}\0x HTTP/1.1\r\n${host}\r\n`, [400, 0]],
	["control byte in a value", `GET ${path} HTTP/1.1\r\n${host}X-A: \x01\r\n\r\n`, 400],
	["empty header name", `GET ${path} HTTP/1.1\r\n${host}: x\r\n\r\n`, 400],
	["no colon", `GET ${path} HTTP/1.1\r\n${host}nonsense\r\n\r\n`, 400],
	["two blanks", `GET  ${path} HTTP/1.1\r\n${host}\r\n`, 400],
	["a blank in the path", `GET ${path} x HTTP/1.1\r\n${host}\r\n`, 400],
	["a blank behind the version", `GET ${path} HTTP/1.1 \r\n${host}\r\n`, 400],
	["a tab in the request line", `GET\t${path}\tHTTP/1.1\r\n${host}\r\n`, 0],
	["odd version", `GET ${path} HTTP/1.2\r\n${host}\r\n`, 400],
	["old version", `GET ${path} HTTP/0.9\r\n${host}\r\n`, 505],
	["no version", `GET ${path}\r\n${host}\r\n`, 400],
	["HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505],
	["method that is no token", `GE(T ${path} HTTP/1.1\r\n${host}\r\n`, 400],
	["negative length", `POST ${path} HTTP/1.1\r\n${host}Content-Length: -1\r\n\r\n`, 400],
	["length with a sign", `POST ${path} HTTP/1.1\r\n${host}Content-Length: +1\r\n\r\nx`, 400],
	[
		"length of 2^64",
		`POST ${path} HTTP/1.1\r\n${host}Content-Length: 18446744073709551616\r\n\r\n`,
		413,
	],
	["65 headers", `GET ${path} HTTP/1.1\r\n${host}${"X-A: b\r\n".repeat(64)}\r\n`, 431],
	["10,000 headers", `GET ${path} HTTP/1.1\r\n${host}${"X-A: b\r\n".repeat(10000)}\r\n`, 431],
	["header of 70 kB", `GET ${path} HTTP/1.1\r\n${host}X-A: ${"b".repeat(70000)}\r\n\r\n`, 431],
	["URI of 70 kB", `GET /${"a".repeat(70000)} HTTP/1.1\r\n${host}\r\n`, 414],
	["TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 0],
	["SSH", "SSH-2.0-OpenSSH_9.2\r\n\r\n", 0],
];

for (const [name, bytes, status] of malformed) {
	const wanted = [status].flat();
	const first = await raw(bytes);
	// a reset may overtake the answer when the server closes on unread bytes
	const lost = first.closed && first.status === 0 && bytes.length > 8000;
	check(
		`${name}: ${status}`,
		(wanted.includes(first.status) || lost) && first.closed,
		`got ${first.status}, ${first.closed ? "closed" : "open"}`,
	);
	// of its own page about a length the library repeats the head; the connection ends all the same
	check(
		`${name}: one answer`,
		first.answers <= (/length/.test(name) ? 2 : 1),
		`${first.answers} answers`,
	);
	if (bytes.length > 8000) continue;
	const second = await raw(good + bytes);
	const statuses = [...second.text.matchAll(/HTTP\/1\.1 (\d+) [A-Z]/g)].map((match) =>
		Number(match[1]),
	);
	check(
		`${name} as a second request`,
		second.closed &&
			statuses.length >= (wanted.includes(0) ? 1 : 2) &&
			statuses.slice(1).every((other) => wanted.includes(other)),
		`${statuses}, ${second.closed ? "closed" : "open"}`,
	);
	const slow = await raw(bytes.length < 400 ? [...bytes] : [bytes], { pause: 0, wait: 1000 });
	check(
		`${name}, byte by byte`,
		slow.status === first.status && slow.closed,
		`got ${slow.status}`,
	);
}

for (const name of [
	`127.0.0.1:${port}`,
	"127.0.0.1",
	`localhost:${port}`,
	"LOCALHOST",
	`[::1]:${port}`,
	"localhost:9999",
]) {
	const { status } = await raw(`GET ${path} HTTP/1.1\r\nHost: ${name}\r\n\r\n`);
	check(`Host ${name} is served`, status === 200 || status === 503, status);
}

// bytes that are unusual but right
const unusual = [
	["pieces", [...good]],
	["no blank behind the colon", good.replace("Host: ", "Host:")],
	["blanks around a value", good.replace("Host: ", "X-A: \t b \t\r\nHost:   ")],
	["an empty value", good.replace("Host: ", "X-A:\r\nHost: ")],
	["a line in front", "\r\n" + good],
	["HTTP/1.0", good.replace("HTTP/1.1", "HTTP/1.0")],
	["63 other headers", good.replace("\r\n\r\n", "\r\n" + "X-A: b\r\n".repeat(63) + "\r\n")],
	["a cookie", good.replace("\r\n\r\n", '\r\nCookie: a=b; c="d"\r\n\r\n')],
	["a header of 7 kB", good.replace("\r\n\r\n", `\r\nX-A: ${"b".repeat(7000)}\r\n\r\n`)],
	["bytes over 0x7f in a value", good.replace("\r\n\r\n", "\r\nX-A: \xfc\xff\r\n\r\n")],
];
for (const [name, bytes] of unusual) {
	const { status } = await raw(bytes);
	check(`served: ${name}`, status === 200 || status === 503, status);
}
{
	const { answers, closed } = await raw(good.repeat(5));
	check("five requests on one connection", answers === 5 && !closed, `${answers}, ${closed}`);
}

const strange = [
	"/..",
	"/../etc/passwd",
	"/api/v1/../v1/health",
	"/api/v1/%2e%2e/v1/health",
	"/api/v1%2fhealth",
	"/api//v1/health",
	"//api/v1/health",
	"/api/v1/health/",
	"/api/v1/health%00",
	"/api/v1/health.css",
	"/api/v1/./health",
	"/api/v1/health%",
	"/api/v1/health%zz",
	"/api/v1/health%0a",
	"/api/v1/" + "x".repeat(255),
	"/api",
	"/api/",
	"/api/v1",
	"/API/v1/health",
	"/api/v1/health;x",
	"/%2e%2e%2f",
	"/a\\..\\b",
];
for (const target of strange) {
	const { status, text } = await raw(`GET ${target} HTTP/1.1\r\n${host}\r\n`);
	check(
		`GET ${target.slice(0, 40)} is not there`,
		status === 404 && text.includes("/problems/"),
		status,
	);
}

for (const method of [
	"M".repeat(4096),
	"OPTIONS",
	"PUT",
	"TRACE",
	"DELETE",
	"PATCH",
	"POST",
	"BREW",
	"get",
]) {
	const { status, text } = await raw(`${method} ${path} HTTP/1.1\r\n${host}\r\n`);
	check(
		`${method.slice(0, 9)} ${path}: 405 and Allow`,
		status === 405 && /^Allow: GET, HEAD\r$/m.test(text),
		status,
	);
}
{
	// every path takes what the table says, and nothing else
	const table = [...tables().matchAll(/\{"([A-Z]+)",\s*"([^"]+)"/g)];
	const paths = new Map();
	for (const [, method, route] of table) paths.set(route, [...(paths.get(route) ?? []), method]);
	for (const [route, taken] of paths) {
		const allowed = new Set(
			taken.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])),
		);
		for (const method of [
			"GET",
			"HEAD",
			"POST",
			"PUT",
			"PATCH",
			"DELETE",
			"OPTIONS",
			"TRACE",
		].filter((one) => !allowed.has(one))) {
			const { status, text } = await raw(
				`${method} ${route.replaceAll(/\{\w+\}/g, "1")} HTTP/1.1\r\n${host}Connection: close\r\n\r\n`,
			);
			const allow = /^Allow: (.*)\r$/m.exec(text)?.[1].split(", ") ?? [];
			check(
				`${method} ${route}: 405 and Allow`,
				status === 405 &&
					allow.length === allowed.size &&
					allow.every((one) => allowed.has(one)),
				`${status} ${allow}`,
			);
		}
	}
}
{
	const get = await request(path),
		head = await request(path, { method: "HEAD" });
	check(
		"HEAD has the headers and no body",
		head.status === get.status &&
			head.bytes.length === 0 &&
			Number(head.headers["content-length"]) > 0,
	);
}

// what a page of another site may make a browser send
const other = { Origin: "https://evil.example" };
const own = { Origin: `${base.protocol}//127.0.0.1:${port}` };
for (const [name, headers, status] of [
	["another Origin", other, 403],
	["Origin null", { Origin: "null" }, 403],
	["cross-site fetch", { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors" }, 403],
	["own Origin", own, 200],
	["same-origin fetch", { "Sec-Fetch-Site": "same-origin" }, 200],
]) {
	for (const target of ["/api/v1/session", "/api/v1/flows?limit=1", "/api/connections"]) {
		const res = await request(target, { headers });
		check(`GET ${target} with ${name}: ${status}`, res.status === status, res.status);
		check(
			`GET ${target} with ${name}: no CORS`,
			!Object.keys(res.headers).some((key) => key.startsWith("access-control")),
		);
	}
	const live = stream("/api/v1/stream", headers);
	const res = await live.ready;
	check(
		`a stream with ${name}: ${status}, no CORS`,
		res.statusCode === status &&
			!Object.keys(res.headers).some((key) => key.startsWith("access-control")),
		res.statusCode,
	);
	live.close();
}
for (const [name, headers, body, status] of [
	["no CSRF header", { "X-Flowbpf-CSRF": "" }, "{}", 403],
	["another Origin", other, "{}", 403],
	["same site, other host", { "Sec-Fetch-Site": "same-site" }, "{}", 403],
	["typed in", { "Sec-Fetch-Site": "none" }, "{}", 403],
	["text/plain", { "Content-Type": "text/plain" }, '{"confirm":"flush"}', 415],
	["a form", { "Content-Type": "application/x-www-form-urlencoded" }, "confirm=flush", 415],
	["jsonp", { "Content-Type": "application/jsonp" }, "{}", 415],
	["no confirmation", {}, "{}", 428],
	["a wrong confirmation", {}, '{"confirm":"yes"}', 428],
	["an unknown key", {}, '{"confirm":"flush","x":1}', 400],
	["two documents", {}, "{}{}", 400],
	["a doubled key", {}, '{"confirm":1,"confirm":"flush"}', 400],
	["65 kB", {}, `{"confirm":"${"x".repeat(66000)}"}`, 413],
]) {
	const res = await request("/api/v1/conntrack", { method: "DELETE", headers, body });
	check(`DELETE conntrack with ${name}: ${status}`, res.status === status, res.status);
}
{
	const res = await request("/api/v1/conntrack", { method: "DELETE" });
	check("DELETE conntrack without a body: 428", res.status === 428, res.status);
	const declared = await raw(
		`DELETE /api/v1/conntrack HTTP/1.1\r\n${host}${who}X-Flowbpf-CSRF: 1\r\nContent-Type: application/json\r\nContent-Length: 1000000000\r\n\r\n`,
	);
	check(
		"a body of 1 GB is refused before it comes",
		declared.status === 413 && declared.closed,
		declared.status,
	);
}

for (const target of ["/", path, "/nothing", "/api/v1/nothing"]) {
	const { headers } = await request(target);
	const csp = headers["content-security-policy"] ?? "";
	check(
		`${target}: safe headers`,
		csp.includes("default-src 'none'") &&
			csp.includes("frame-ancestors 'none'") &&
			!csp.includes("unsafe") &&
			headers["x-content-type-options"] === "nosniff" &&
			headers["referrer-policy"] === "no-referrer" &&
			/^[0-9a-f]{16}$/.test(headers["x-request-id"]),
	);
}

for (const query of [
	"x=1",
	"since=-1",
	"since=1e99",
	"since=18446744073709551616",
	"since=1&since=2",
	"since=%zz",
	"since=%00",
	"__proto__=1",
]) {
	const res = await request(`/api/v1/log?${query}`);
	check(
		`log?${query}: 400 that names it`,
		res.status === 400 &&
			res.json?.errors?.length === 1 &&
			res.headers["content-type"] === "application/problem+json",
		res.status,
	);
}

// slow requests are cut at a deadline that a byte a second does not move
if (process.env.FLOWBPF_SLOW !== "0") {
	const started = Date.now();
	const slow = await Promise.all([
		raw("GET /api", { wait: 30000 }),
		raw(`GET ${path} HTTP/1.1\r\n${host}`.padEnd(90, "X").split(""), {
			pause: 1000,
			wait: 30000,
		}),
		raw(
			`DELETE /api/v1/conntrack HTTP/1.1\r\n${host}${who}X-Flowbpf-CSRF: 1\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{`,
			{ wait: 30000 },
		),
		raw("", { wait: 30000 }),
	]);
	const took = (Date.now() - started) / 1000;
	check(
		"half requests are cut in 10 s",
		slow.every((answer) => answer.closed) && took > 8 && took < 20,
		took,
	);
	check(
		"half requests are not answered",
		slow.every((answer) => answer.status !== 200),
	);
}

// 1,000 half requests do not keep a new client waiting
{
	const halves = Array.from({ length: 1000 }, () => raw("GET /api", { wait: 4000 }));
	await sleep(1000);
	const statuses = [];
	const took = await quickest(async () => statuses.push((await request(path)).status));
	check(
		"a new client is served beside 1,000 half requests in 100 ms",
		statuses.every((status) => status === 200 || status === 503) && within(took, 100),
		`${took} ms`,
	);
	await Promise.all(halves);
}
finish();
