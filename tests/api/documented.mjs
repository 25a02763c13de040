// SPDX-License-Identifier: BSD-2-Clause
// The OpenAPI document of the daemon that is asked, and answers held against what it promises.
import { check, request } from "./raw.mjs";
import { validate } from "./schema.mjs";

export const doc = (await request("/api/v1/openapi.json")).json;

export const resolve = (thing) =>
	thing.$ref
		? thing.$ref
				.slice(2)
				.split("/")
				.reduce((at, key) => at[key], doc)
		: thing;

export async function answers(
	target,
	{ path = target.split("?")[0], method = "GET", status = 200, body, headers } = {},
) {
	const res = await request(target, { method, body, headers });
	const name = `${method} ${target.slice(0, 90)}`;
	check(`${name}: ${status}`, res.status === status, `${res.status} ${res.text.slice(0, 300)}`);
	const operation = doc.paths[path][method.toLowerCase()];
	const promised = operation.responses[res.status] && resolve(operation.responses[res.status]);
	if (!promised) {
		check(`${name}: status ${res.status} is documented`, false);
		return res;
	}
	const type = (res.headers["content-type"] ?? "").split(";")[0];
	const content = promised.content?.[type];
	check(
		`${name}: ${type || "no body"} is documented`,
		promised.content ? content : res.bytes.length === 0,
	);
	if (content && type.endsWith("json") && type !== "application/x-ndjson") {
		const error =
			res.json === undefined ? "is not JSON" : validate(doc, content.schema, res.json);
		check(`${name}: fits its schema`, error === null, error);
	}
	return res;
}
