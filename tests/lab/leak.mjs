// SPDX-License-Identifier: BSD-2-Clause
// Asks every route that the OpenAPI document has for reading, with each of its parameters, and looks for
// secrets in every byte of every answer: as text, and addresses as numbers and hexadecimal digits, too.
//   node leak.mjs PORT|SOCKET FILE ID,ID.. ["HEADER: VALUE"]
// FILE has a secret a line; ids are of flows. Prints "leak SECRET METHOD PATH" for each that was found,
// "answers OK REFUSED" at the end. A path in the request itself is no leak where it is repeated.
import http from "node:http";
import { readFileSync } from "node:fs";

const [where, file, ids, login = ""] = process.argv.slice(2);
const [, header, value] = /^([\w-]+): (.*)$/.exec(login) ?? [];
const secrets = readFileSync(file, "utf8").split("\n").filter(Boolean);
const STREAM_MS = 3500;

/** The ways in which a secret may be written. */
function forms(secret) {
	const four = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(secret);
	if (!four) return [secret.toLowerCase()];
	const bytes = four.slice(1).map(Number);
	const hex = bytes.map((b) => b.toString(16).padStart(2, "0")).join("");
	return [secret, hex, String(parseInt(hex, 16))];
}
const wanted = secrets.map((secret) => ({ secret, forms: forms(secret) }));

/** Whole words only: 10.0.1.5 is not in 10.0.1.50, nor a number in a longer one. */
function has(text, form) {
	for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1)) {
		const before = text[at - 1] ?? " ";
		const after = text[at + form.length] ?? " ";
		if (!/[0-9a-z]/.test(before) && !/[0-9a-z]/.test(after)) return true;
	}
	return false;
}

function ask(method, path, body) {
	const target = where.startsWith("/")
		? { socketPath: where }
		: { host: "127.0.0.1", port: Number(where) };
	const headers = {
		Host: `localhost${where.startsWith("/") ? "" : `:${where}`}`,
		"X-Flowbpf-CSRF": "1",
		...(header ? { [header]: value } : {}),
	};
	if (body)
		Object.assign(headers, {
			"Content-Type": "application/json",
			"Content-Length": Buffer.byteLength(body),
		});
	return new Promise((done, fail) => {
		const req = http.request({ ...target, method, path, headers }, (res) => {
			const parts = [];
			const end = () =>
				done({
					status: res.statusCode,
					text: Buffer.concat(parts).toString("latin1"),
					head: JSON.stringify(res.headers),
				});
			res.on("data", (part) => parts.push(part));
			res.on("end", end);
			res.on("error", end);
			if (String(res.headers["content-type"]).startsWith("text/event-stream"))
				setTimeout(() => res.destroy() && end(), STREAM_MS);
		});
		req.on("error", fail);
		req.setTimeout(60000, () => req.destroy(new Error(`no answer to ${path}`)));
		req.end(body);
	});
}

const counts = { ok: 0, refused: 0 };
async function look(method, path, body) {
	const answer = await ask(method, path, body);
	if (answer.status < 300) counts.ok++;
	else if (answer.status === 403) counts.refused++;
	const asked = decodeURIComponent(path).toLowerCase() + (body ?? "").toLowerCase();
	const text = (answer.text + answer.head).toLowerCase();
	for (const { secret, forms: all } of wanted)
		if (all.some((form) => !has(asked, form) && has(text, form)))
			console.log(`leak ${secret} ${method} ${path}`);
	return answer;
}

const api = JSON.parse((await ask("GET", "/api/v1/openapi.json")).text);
const fields = JSON.parse((await ask("GET", "/api/v1/fields")).text).items;
const names = fields.map((field) => field.name);
const groups = fields.filter((field) => field.groupable).map((field) => field.name);
const resolve = (node) =>
	node?.$ref
		? node.$ref
				.split("/")
				.slice(1)
				.reduce((at, part) => at[part.replace(/~1/g, "/")], api)
		: node;

/** What a parameter is given, one after the other. */
function values(parameter) {
	const schema = resolve(parameter.schema) ?? {};
	const own = {
		id: ids.split(","),
		ip: [
			"10.0.1.0",
			...secrets.filter(
				(secret) => /^[0-9a-f.:]+$/.test(secret) && !/^(..:){5}/.test(secret),
			),
		],
		mac: secrets.filter((secret) => /^(..:){5}..$/.test(secret)),
		code: ["not-found"],
		filter: ["proto = tcp", "src.ip = 10.0.0.0/8", "port = 443"],
		fields: [names.join(",")],
		group_by: groups,
		sort: names.map((name) => `-${name}`),
		dims: ["src.ip,dst.ip", "src.device,dst.host"],
		key: secrets,
		q: ["src.", "10", "a"],
		since: ["1h"],
		until: ["now"],
		at: ["now"],
		view: [
			JSON.stringify({ view: "all", limit: 100, columns: names }),
			JSON.stringify({ view: "groups", limit: 100, group_by: "src.ip" }),
			JSON.stringify({ view: "names", limit: 100, group_by: "dst.host" }),
		],
	}[parameter.name];
	const some = own ?? schema.enum ?? schema.items?.enum;
	if (some) return some;
	if (schema.type === "boolean") return ["true", "false"];
	return [String(schema.example ?? parameter.example ?? schema.minimum ?? schema.default ?? 1)];
}

/** All ways to fill in the path. */
function paths(path, parameters) {
	const at = /\{(\w+)\}/.exec(path);
	if (!at) return [path];
	const parameter = parameters.find((one) => one.in === "path" && one.name === at[1]) ?? {
		name: at[1],
	};
	const all =
		at[1] === "id" && path.includes("/api/") && !path.includes("/v1/")
			? ["lan", "wan"]
			: values(parameter);
	return all.flatMap((value) =>
		paths(path.replace(at[0], encodeURIComponent(value)), parameters),
	);
}

for (const [path, item] of Object.entries(api.paths)) {
	if (!item.get) continue;
	const parameters = [...(item.parameters ?? []), ...(item.get.parameters ?? [])].map(resolve);
	const queries = parameters.filter((one) => one.in === "query");
	const required = queries.filter((one) => one.required).map((one) => [one.name, values(one)[0]]);
	const all = paths(path, parameters);
	for (const filled of all) {
		await look("GET", `${filled}?${new URLSearchParams(required)}`);
		// a matrix of all by all is asked for as it is
		for (const one of all.length > 30 ? [] : queries)
			for (const value of values(one)) {
				const given = new Map([...required, [one.name, value]]);
				await look("GET", `${filled}?${new URLSearchParams([...given])}`);
				if (queries.some((other) => other.name === "live"))
					await look(
						"GET",
						`${filled}?${new URLSearchParams([...given.set("live", "both")])}`,
					);
			}
	}
}
// A stream to which views are given after it began is as the others: its routes are asked for, too.
await look("PUT", "/api/v1/stream/0/view", JSON.stringify({ view: "v", columns: names }));
await look("POST", "/api/v1/filter/validate", JSON.stringify({ filter: "src.ip = 10.0.0.0/8" }));
await look(
	"POST",
	"/api/v1/alert-rules/try",
	JSON.stringify({ rule: "x: src.ip = 10.0.0.0/8 | flows > 0" }),
);
console.log(`answers ${counts.ok} ${counts.refused}`);
