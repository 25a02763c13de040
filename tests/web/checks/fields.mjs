// SPDX-License-Identifier: BSD-2-Clause
// The table of fields on the page: what the API knows of a flow is shown, whatever way it came, and
// a field that the server has newly is shown too.
import { api, base, check, ok, open, profile, until, watch } from "../browser.mjs";

/** Columns of the page's own, which are called otherwise than their field. */
const OWN = { "bytes.up": "up", "bytes.down": "down", duration_ms: "duration" };
const columnOf = (field) => OWN[field] ?? field;

/** A page with these columns, whose stream is what `stream` makes of it. */
async function pageWith(columns, stream) {
	const context = await profile();
	await context.addInitScript((chosen) => {
		// requests of a shared worker cannot be stood between: the page's own fallback is used
		delete globalThis.SharedWorker;
		delete globalThis.BroadcastChannel;
		localStorage.setItem("flowbpf.columns", JSON.stringify(chosen));
	}, columns);
	const page = await context.newPage();
	const seen = watch(page);
	await page.route("**/api/v1/stream?*", stream);
	return { context, page, seen };
}

/** In the page: cells with nothing in them, where the API had something to say. */
function emptyCells([items, columns]) {
	const empty = [];
	for (const row of document.querySelectorAll(".tr.flow")) {
		const item = items.find((one) => one.id === row.dataset.id);
		for (const [field, column] of item ? columns : []) {
			const cell = row.querySelector(`[data-col="${column}"]`);
			const known = item[field] !== null && item[field] !== "" && String(item[field]) !== "";
			if (cell && known && ["", "–"].includes(cell.textContent.trim()))
				empty.push(`${field} = ${JSON.stringify(item[field])}`);
		}
	}
	return empty;
}

/** All columns chosen: none is empty that the API can fill. */
async function filled(stream) {
	const fields = (await api("fields")).items.map((f) => f.name);
	const columns = fields.map((name) => [name, columnOf(name)]);
	const { items } = await api(`flows?live=live&sort=-bytes&limit=200&fields=${fields}`);
	const { context, page } = await pageWith(
		columns.map(([, column]) => column),
		stream,
	);
	await page.goto(`${base}/flows`);
	const shown = (list) =>
		[...document.querySelectorAll(".tr.flow")].filter((row) =>
			list.some((one) => one.id === row.dataset.id),
		).length >= Math.min(10, list.length);
	await until(page, "rows that the API told of", shown, items, 12000);
	const drawn = await page.$$eval(".tr.flow:first-child [data-col]", (cells) => cells.length);
	const empty = await page.evaluate(emptyCells, [items, columns]);
	ok(empty.length === 0, `empty: ${empty.slice(0, 10).join(", ")}`);
	await context.close();
	return `${drawn} columns`;
}

/** Never answered: only what the page asks for ahead of the stream is there. */
const unanswered = () => {};
/** Refused for good: the page asks every two seconds. */
const refused = (route) => route.fulfill({ status: 204 });

const NEW = [
	["weather.cloud", "Cloud", "text", null, "cirrus"],
	["weather.rain_s", "Rain", "duration", "s", 90],
	["weather.winds", "Winds", "text", null, ["Föhn", "Mistral"]],
];

const lineOf = ([name, label, type, unit, value]) => ({
	...{ name, path: name, label, section: "Weather", type, list: Array.isArray(value), unit },
	...{ decimals: 0, end: "src", align: "left", sortable: true, filterable: true, group: true },
	...{ default: false, words: [], ipfix: null, ipfix6: null, help: `help of ${label}` },
});

/** The server as it would be with more lines in its table of fields. */
async function grow(page) {
	const answer = async (route, change, url = route.request().url()) => {
		const response = await route.fetch({ url });
		const body = await response.json();
		change(body);
		await route.fulfill({ response, json: body });
	};
	await page.route("**/api/v1/fields", (route) =>
		answer(route, (body) => body.items.push(...NEW.map(lineOf))),
	);
	await page.route("**/api/v1/flows?*", (route) => {
		const url = new URL(route.request().url());
		const asked = (url.searchParams.get("fields") ?? "").split(",");
		const old = asked.filter((name) => !NEW.some(([own]) => own === name));
		url.searchParams.set("fields", old.join());
		const own = NEW.filter(([name]) => asked.includes(name));
		const add = (item) => {
			for (const [name, , , , value] of own) item[name] = String(value);
			if ("weather.rain_s" in item) item["weather.rain_s"] = 90;
		};
		return answer(route, (body) => body.items.forEach(add), url.href);
	});
	await page.route(/\/api\/v1\/flows\/[0-9a-f]+$/, (route) =>
		answer(route, (flow) => {
			flow.weather = { cloud: "cirrus", rain_s: 90, winds: ["Föhn", "Mistral"] };
		}),
	);
}

async function added() {
	const { context, page, seen } = await pageWith(["src", "dst"], refused);
	await grow(page);
	await page.goto(`${base}/flows`);
	await until(page, "rows", () => document.querySelector(".tr.flow"), null, 12000);
	await page.getByRole("button", { name: "Columns" }).click();
	const section = page.getByRole("group", { name: "Weather" });
	for (const [, label] of NEW)
		await section.getByRole("menuitemcheckbox", { name: label, exact: true }).click();
	await page.keyboard.press("Escape");
	const cell = (name) =>
		until(
			page,
			`a value of ${name}`,
			(n) =>
				document.querySelector(
					`.tr.flow [data-col="${n}"] .cut, .tr.flow [data-col="${n}"] span`,
				)?.textContent.length > 1,
			name,
		);
	for (const [name] of NEW) await cell(name);
	const texts = await page.$$eval('.tr.flow:first-child [data-col^="weather."]', (cells) =>
		cells.map((c) => c.textContent.trim()),
	);
	ok(texts.join("|") === "cirrus|1m 30s|Föhn,Mistral", texts.join("|"));
	const options = await page.$$eval(
		'select[name=group] optgroup[label="Weather"] option',
		(all) => all.map((o) => o.value),
	);
	ok(options.length === NEW.length, `to group by: ${options}`);
	await page.locator('.tr.flow [data-col="weather.cloud"]').first().click();
	const facts = page.locator(".drawer section", {
		has: page.getByRole("heading", { name: "Weather" }),
	});
	await facts.waitFor();
	const told = await facts.locator("dl > div").allTextContents();
	ok(
		told.join("|") === "Cloudcirrus|Rain1m 30s|WindsFöhn, Mistral",
		`the drawer says ${told.join("|")}`,
	);
	ok(seen.errors.length === 0, seen.errors.join("; "));
	await context.close();
}

/** A field of the daemon's own table, which the page does not know by name. */
async function named(name) {
	const field = (await api("fields")).items.find((one) => one.name === name);
	const context = await profile();
	const { page, seen } = await open(context, "/flows?live=both");
	await until(page, "rows", () => document.querySelector(".tr.flow"));
	await page.getByRole("button", { name: "Columns" }).click();
	const section = page.getByRole("group", { name: field.section });
	await section.getByRole("menuitemcheckbox", { name: field.label, exact: true }).click();
	await page.keyboard.press("Escape");
	const cell = page.locator(`.tr.flow [data-col="${name}"]`, { hasText: /\d/ }).first();
	await cell.waitFor();
	const shown = (await cell.textContent()).trim();
	await cell.click();
	const fact = page.locator(".drawer .facts > div", {
		has: page.getByRole("term").filter({ hasText: new RegExp(`^${field.label}$`) }),
	});
	await fact.waitFor();
	const told = await fact.getByRole("definition").textContent();
	ok(/\d/.test(told), `the drawer says ${told}`);
	ok(seen.errors.length === 0, seen.errors.join("; "));
	await context.close();
	return `${field.label}: ${shown}`;
}

/** Asked for by name: FLOWBPF_FIELD is the field to look for. */
export async function namedFieldChecks() {
	const name = process.env.FLOWBPF_FIELD;
	await check(`${name} is in the column chooser and the drawer`, () => named(name));
}

export async function fieldChecks() {
	await check("the first paint has all that the API knows", () => filled(unanswered));
	await check("and so it has without a stream", () => filled(refused));
	await check("a field that the server has newly is in chooser, groups and drawer", added);
}
