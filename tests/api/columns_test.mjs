// SPDX-License-Identifier: BSD-2-Clause
// One flow, written in all the ways there are: the object, a flat object, the export's CSV and the
// command line's. Each field has the same value everywhere, at its path. Needs a daemon under
// traffic: FLOWBPF_URL, its socket in FLOWBPF_SOCKET, and the program in FLOWBPF.
import { execFileSync } from "node:child_process";
import { check, finish, request } from "./raw.mjs";

const fields = (await request("/api/v1/fields")).json.items;
const names = fields.map((field) => field.name);
// A connection that has ended moves no more, so that four questions get one answer.
let ended = [],
	live = [];
for (let i = 0; i < 60 && !(ended.length && live.length); i++) {
	if (i) await new Promise((resolve) => setTimeout(resolve, 1000));
	ended = (await request("/api/v1/flows?live=closed&limit=1000&filter=tls.sni~.")).json.items;
	live = (await request("/api/v1/flows?limit=1000&filter=tls.sni~.")).json.items
		.filter((flow) => flow.conntrack)
		.sort((a, b) => b.duration_ms - a.duration_ms);
}
check("connections with a name have ended, and others are tracked", ended.length && live.length);

// Cells of one CSV line with a header (RFC 4180); the quote against formulas is taken off.
function cells(csv) {
	const rows = csv
		.trim()
		.split(/\r?\n/)
		.map((line) =>
			[...`${line},`.matchAll(/("(?:[^"]|"")*"|[^,]*),/g)].map((match) => match[1]),
		);
	const value = (cell) =>
		cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"').replace(/^'/, "") : cell;
	return Object.fromEntries(rows[0].filter(Boolean).map((name, i) => [name, value(rows[1][i])]));
}

const text = (value) => (value === null || value === undefined ? "" : String(value));
const at = (object, path) => path.split(".").reduce((here, part) => here?.[part] ?? null, object);

const flow = ended[0];
const which = encodeURIComponent(`id = ${flow.id}`);
const flat = (await request(`/api/v1/flows?live=both&filter=${which}&fields=${names}`)).json
	.items[0];
const exported = cells((await request(`/api/v1/export.csv?live=both&filter=${which}`)).text);
const printed = cells(
	execFileSync(
		process.env.FLOWBPF,
		[
			"flows",
			"--socket",
			process.env.FLOWBPF_SOCKET,
			"--csv",
			"--all",
			"--filter",
			`id = ${flow.id}`,
			"--fields",
			names.join(","),
		],
		{ encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
	),
);
// What goes on, or fades, while we ask.
const moving = new Set(
	names.filter((name) => name === "idle_ms" || /^(rate_bps|pps)\b/.test(name)),
);
for (const { name, path, list } of fields) {
	const value = text(flat[name]);
	if (path !== null && !moving.has(name)) {
		const there = at(flow, path);
		check(
			`${name}: the object has it at ${path}`,
			text(list ? there?.join(",") : there) === value,
			`${JSON.stringify(there)} is not ${value}`,
		);
	}
	if (moving.has(name)) continue;
	// CSV has all decimals of a number, JSON leaves trailing zeros out
	const number = typeof flat[name] === "number" && exported[name] !== "";
	check(
		`${name}: the export's CSV has it`,
		number ? Number(exported[name]) === flat[name] : exported[name] === value,
		`${exported[name]} is not ${value}`,
	);
	check(
		`${name}: the command line has it`,
		number ? Number(printed[name]) === flat[name] : printed[name] === value,
		`${printed[name]} is not ${value}`,
	);
}

// These two were always empty on the command line.
const tracked = cells(
	execFileSync(
		process.env.FLOWBPF,
		[
			"flows",
			"--socket",
			process.env.FLOWBPF_SOCKET,
			"--csv",
			"--filter",
			`id = ${live[0].id}`,
			"--fields",
			"timeout_s,name.flags",
		],
		{ encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
	),
);
check("timeout_s has a value", /^\d+$/.test(tracked.timeout_s), tracked.timeout_s);
check(
	"name.flags has a value",
	tracked["name.flags"] === live[0].name_flags.join(","),
	`${tracked["name.flags"]} is not ${live[0].name_flags}`,
);
finish();
