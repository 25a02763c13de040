// SPDX-License-Identifier: BSD-2-Clause
// A busy afternoon between the lab's client and server: some dozen hosts, many names, protocols
// and rates, for tests and pictures of the page.
//   node scene.mjs serve KEY CERT     all services, on every address of the namespace
//   node scene.mjs play RESOLVER      hosts that use them, on and on
//   node scene.mjs addresses client|server, records: what the lab needs to set up
// A client asks with its first bytes: "rate=BYTES-PER-SECOND" and the server sends that much.
import { createSocket } from "node:dgram";
import { promises as dns } from "node:dns";
import { readFileSync } from "node:fs";
import net from "node:net";
import tls from "node:tls";

const HOSTS = [
	"tv",
	"workstation",
	"laptop-ana",
	"laptop-ben",
	"phone-ana",
	"phone-ben",
	"nas",
	"printer",
	"camera-door",
	"console",
	"thermostat",
	"tablet",
];
const hostAddress = (i) => `10.0.1.${101 + i}`;
const TLS = [443, 853, 993, 8883];
const PLAIN = [22, 25, 80, 1883, 3306, 5222, 5432, 6379, 8080];
const DATAGRAM = [123, 3478, 4500, 5060, 51820];

/** name, port, bytes a second down and up, how often */
const SITES = [
	["www.youtube.com", 443, 780000, 9000, 2],
	["r4.googlevideo.com", 443, 420000, 6000, 1],
	["www.netflix.com", 443, 510000, 4000, 1],
	["cdn.netflix.com", 443, 88000, 900, 2],
	["open.spotify.com", 443, 41000, 700, 3],
	["www.wikipedia.org", 443, 5200, 400, 2],
	["en.wikipedia.org", 443, 2100, 260, 2],
	["github.com", 443, 14000, 2100, 4],
	["api.github.com", 443, 3100, 800, 3],
	["mirror.example.org", 80, 96000, 1200, 2],
	["updates.example.org", 80, 7000, 300, 1],
	["packages.example.org", 443, 23000, 1500, 2],
	["teams.microsoft.com", 443, 18000, 16500, 2],
	["outlook.office365.com", 443, 3900, 1700, 3],
	["login.microsoftonline.com", 443, 300, 200, 2],
	["meet.jit.si", 443, 34000, 31000, 1],
	["mail.example.org", 993, 1200, 150, 5],
	["smtp.example.org", 25, 90, 4200, 1],
	["backup.example.net", 22, 900, 310000, 1],
	["git.example.net", 22, 8200, 700, 2],
	["dns.quad9.net", 853, 220, 140, 4],
	["one.one.one.one", 853, 180, 120, 3],
	["mqtt.home-cloud.example", 8883, 130, 210, 3],
	["broker.home-cloud.example", 1883, 60, 90, 2],
	["db.example.net", 5432, 11000, 2600, 2],
	["shop-db.example.net", 3306, 6400, 1900, 1],
	["cache.example.net", 6379, 2900, 2500, 1],
	["chat.example.org", 5222, 210, 190, 3],
	["static.example.com", 443, 9100, 240, 4],
	["metrics.example.com", 443, 400, 3600, 3],
	["store.steampowered.com", 443, 164000, 2400, 1],
	["weather.example.com", 8080, 700, 110, 2],
	["signal.example.org", 443, 1500, 1400, 2],
	["photos.example.com", 443, 2600, 118000, 1],
];
const siteAddress = (i) => (i % 3 ? `203.0.113.${10 + i}` : `198.51.100.${20 + i}`);
const site6 = (i) => `2001:db8:2::${(0x100 + i).toString(16)}`;
/** name, port, bytes of a datagram up and down, ms between */
const TALKS = [
	["0.debian.pool.ntp.org", 123, 48, 48, 16000],
	["stun.example.org", 3478, 28, 60, 5000],
	["vpn.example.net", 51820, 1200, 1300, 40],
	["sip.example.net", 5060, 420, 380, 3000],
	["roam.example.net", 4500, 240, 250, 900],
];
const talkAddress = (i) => `203.0.113.${200 + i}`;

const pause = (ms) => new Promise((go) => setTimeout(go, ms));
let seed = 7;
const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;

// --- the server's side ---
/** Four times a second, swelling and ebbing over half a minute or so. */
function feed(socket, perSecond) {
	const most = Buffer.alloc(Math.max(2, Math.round(perSecond / 2.8)));
	const [period, phase] = [9000 + 24000 * Math.random(), 60000 * Math.random()];
	const timer = setInterval(() => {
		const share = 0.7 + 0.3 * Math.sin((2 * Math.PI * (Date.now() + phase)) / period);
		if (socket.writableLength < 4e6)
			socket.write(most.subarray(0, Math.ceil(most.length * share)));
	}, 250);
	socket.on("close", () => clearInterval(timer));
}

function answer(socket) {
	socket.on("error", () => socket.destroy());
	socket.once("data", (first) => {
		const wanted = /rate=(\d+)/.exec(first.toString("latin1"));
		if (!wanted) return socket.end();
		if (first.includes("HTTP/1.1"))
			socket.write("HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n");
		else if (first.includes("SSH-")) socket.write("SSH-2.0-OpenSSH_9.2\r\n");
		feed(socket, Number(wanted[1]));
		socket.resume();
	});
	socket.setTimeout(120_000, () => socket.destroy());
}

function serve(key, cert) {
	const secret = {
		key: readFileSync(key),
		cert: readFileSync(cert),
		ALPNProtocols: ["h2", "http/1.1"],
	};
	for (const port of TLS)
		tls.createServer(secret, answer)
			.on("tlsClientError", () => {})
			.listen(port, "::");
	for (const port of PLAIN) net.createServer({ allowHalfOpen: false }, answer).listen(port, "::");
	TALKS.forEach(([, port, , down], i) => {
		const socket = createSocket("udp4");
		socket.on("message", (_, from) => socket.send(Buffer.alloc(down), from.port, from.address));
		socket.on("error", () => {});
		socket.bind(port, talkAddress(i));
	});
}

// --- the hosts' side ---
function hello(name, port, rate) {
	if (port === 80 || port === 8080)
		return `GET /?rate=${rate} HTTP/1.1\r\nHost: ${name}\r\nUser-Agent: lab\r\n\r\n`;
	return port === 22 ? `SSH-2.0-OpenSSH_9.2 rate=${rate}\r\n` : `rate=${rate}\r\n`;
}

/** One connection, for as long as it lasts. */
function connection([name, port, down, up], address, localAddress, seconds) {
	const share = 0.6 + 0.8 * random();
	return new Promise((done) => {
		const to = {
			host: address,
			port,
			localAddress,
			servername: name,
			rejectUnauthorized: false,
			ALPNProtocols: ["h2", "http/1.1"],
		};
		const ready = () => {
			socket.write(hello(name, port, Math.round(down * share)));
			feed(socket, up * share);
		};
		const socket = TLS.includes(port) ? tls.connect(to, ready) : net.connect(to, ready);
		socket.resume();
		socket.on("error", () => socket.destroy());
		socket.on("close", done);
		setTimeout(
			() =>
				socket instanceof tls.TLSSocket || random() > 0.2
					? socket.end()
					: socket.resetAndDestroy(),
			seconds * 1000,
		);
	});
}

async function visit(site, index, host, resolver) {
	const six = index % 5 === 4 && site[1] === 443;
	for (;;) {
		await resolver.resolve(site[0], six ? "AAAA" : "A").catch(() => {});
		const brief = random() < 0.3;
		await connection(
			site,
			six ? site6(index) : siteAddress(index),
			six ? `fd00:1::${(0x100 + host).toString(16)}` : hostAddress(host),
			brief ? 1 + 4 * random() : 60 + 500 * random(),
		);
		await pause(brief ? 2000 + 9000 * random() : 500);
	}
}

function talk([, port, up, , every], index, host) {
	const socket = createSocket("udp4");
	socket.on("error", () => {});
	socket.bind(0, hostAddress(host), () =>
		setInterval(() => socket.send(Buffer.alloc(up), port, talkAddress(index)), every),
	);
}

/** A host announces its own name, as they do (mDNS). */
function announce(name, address) {
	const label = (text) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
	const record = Buffer.concat([
		label(name),
		label("local"),
		Buffer.from([0, 0, 1, 0x80, 1, 0, 0, 0, 120, 0, 4, ...address.split(".").map(Number)]),
	]);
	const message = Buffer.concat([Buffer.from([0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0]), record]);
	const socket = createSocket({ type: "udp4", reuseAddr: true });
	socket.on("error", () => {});
	socket.bind(5353, address, () => {
		socket.setMulticastInterface(address);
		const say = () => socket.send(message, 5353, "224.0.0.251");
		say();
		setInterval(say, 30_000);
	});
}

async function play(server) {
	HOSTS.forEach((name, i) => announce(name, hostAddress(i)));
	TALKS.forEach((one, i) =>
		[i, i + 4, i + 7]
			.slice(0, i === 2 ? 1 : 3)
			.forEach((host) => talk(one, i, host % HOSTS.length)),
	);
	for (const [index, site] of SITES.entries())
		for (let n = 0; n < site[4]; n++) {
			const host = Math.floor(HOSTS.length * random() ** 1.6);
			const resolver = new dns.Resolver({ timeout: 1000, tries: 1 });
			resolver.setServers([server]);
			resolver.setLocalAddress(hostAddress(host));
			void visit(site, index, host, resolver);
			await pause(60);
		}
}

const [role, ...rest] = process.argv.slice(2);
if (role === "serve") serve(...rest);
else if (role === "play") void play(...rest);
else if (role === "addresses" && rest[0] === "client")
	HOSTS.forEach((_, i) =>
		console.log(`${hostAddress(i)}/24\nfd00:1::${(0x100 + i).toString(16)}/64`),
	);
else if (role === "addresses")
	console.log(
		[
			...SITES.flatMap((_, i) => [`${siteAddress(i)}/24`, `${site6(i)}/64`]),
			...TALKS.map((_, i) => `${talkAddress(i)}/24`),
		].join("\n"),
	);
else if (role === "records")
	console.log(
		[
			...SITES.map(([name], i) => `${name} ${siteAddress(i)} ${name} ${site6(i)}`),
			...TALKS.map(([name], i) => `${name} ${talkAddress(i)}`),
		].join("\n"),
	);
else process.exit(2);
