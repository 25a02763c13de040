// SPDX-License-Identifier: BSD-2-Clause
// Types made of OpenAPI's schemas: every form that the API's description uses.
import assert from "node:assert/strict";
import { test } from "node:test";
import { typesOf } from "../../web/types.mjs";

const typed = (schema) => {
	const text = typesOf({ components: { schemas: { T: schema } } });
	return text.slice(text.indexOf("export")).trim();
};

test("plain types, lists, words, null", () => {
	assert.equal(typed({ type: "integer", minimum: 0 }), "export type T = number;");
	assert.equal(typed({ type: ["string", "null"] }), "export type T = string | null;");
	assert.equal(typed({ enum: ["a", "b", null] }), 'export type T = "a" | "b" | null;');
	assert.equal(typed({ const: true }), "export type T = true;");
	assert.equal(
		typed({ type: "array", items: { enum: ["a", "b"] } }),
		'export type T = ("a" | "b")[];',
	);
	assert.equal(typed({ type: "array", items: { type: "string" } }), "export type T = string[];");
});

test("objects: required, optional, by any key, within each other", () => {
	assert.equal(
		typed({
			type: "object",
			required: ["a"],
			properties: {
				a: { $ref: "#/components/schemas/Other" },
				"b-c": { type: "object", properties: { d: { type: "boolean" } } },
			},
		}),
		'export interface T {\n\ta: Other;\n\t"b-c"?: { d?: boolean; };\n}',
	);
	assert.equal(
		typed({ type: "object", additionalProperties: { type: "number" } }),
		"export type T = Record<string, number>;",
	);
	assert.equal(typed({ type: "object" }), "export type T = Record<string, unknown>;");
	assert.equal(
		typed({
			type: ["object", "null"],
			required: ["a"],
			properties: { a: { type: "string", description: "what */ it is" } },
		}),
		"export type T = { /** what * / it is */ a: string; } | null;",
	);
});

test("one of several", () => {
	assert.equal(
		typed({ oneOf: [{ type: "null" }, { type: "array", items: { type: "integer" } }] }),
		"export type T = null | number[];",
	);
});
