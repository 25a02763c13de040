// SPDX-License-Identifier: BSD-2-Clause
// Honest connections beside a flood. `serve PORT`: answers HTTP, keeps connections. `keep HOST PORT N`:
// N connections with a request each, then silent until the end. `visit HOST PORT PER-SECOND SECONDS`:
// new connections, each names itself visit-I.example, is answered and ends; prints how many were.
import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const [act, ...args] = process.argv.slice(2);

function get(host, port, name, agent) {
	return new Promise((done) => {
		const options = { host, port, agent, headers: { host: name }, timeout: 5000 };
		const request = http.get(options, (answer) => answer.resume().on("end", () => done(1)));
		request.on("timeout", () => request.destroy()).on("error", () => done(0));
	});
}

const acts = {
	serve(port) {
		const server = http.createServer((_, answer) => answer.end("x".repeat(500)));
		server.keepAliveTimeout = 3600e3;
		server.listen(Number(port), "0.0.0.0");
	},
	async keep(host, port, n) {
		const agent = new http.Agent({ keepAlive: true, maxFreeSockets: Infinity });
		const all = [];
		for (let i = 0; i < n; i++) all.push(get(host, port, `keep-${i}.example`, agent));
		await Promise.all(all);
		console.log("open");
		setInterval(() => {}, 1e6);
	},
	async visit(host, port, rate, seconds) {
		const all = [];
		for (let i = 0; i < rate * seconds; i++) {
			all.push(get(host, port, `visit-${i}.example`, false));
			await sleep(1000 / rate);
		}
		console.log((await Promise.all(all)).reduce((sum, one) => sum + one, 0));
	},
};

await acts[act](...args);
