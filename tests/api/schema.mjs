// SPDX-License-Identifier: BSD-2-Clause
// The part of JSON Schema that user/api/openapi.json uses. A keyword that is not known here is an
// error, so that no promise goes unchecked.

const notes = new Set(["description", "default", "$ref"]);

const typeOf = (value) =>
	value === null
		? "null"
		: Array.isArray(value)
			? "array"
			: Number.isInteger(value)
				? "integer"
				: typeof value;

const rules = {
	type: (want, value) =>
		[want]
			.flat()
			.some(
				(type) =>
					type === typeOf(value) || (type === "number" && typeof value === "number"),
			) || `is ${typeOf(value)}, not ${want}`,
	enum: (want, value) =>
		want.includes(value) || `is ${JSON.stringify(value)}, not one of ${JSON.stringify(want)}`,
	const: (want, value) =>
		want === value || `is ${JSON.stringify(value)}, not ${JSON.stringify(want)}`,
	pattern: (want, value) =>
		typeof value !== "string" ||
		new RegExp(want, "u").test(value) ||
		`${JSON.stringify(value)} does not match ${want}`,
	minimum: (want, value) =>
		typeof value !== "number" || value >= want || `${value} is below ${want}`,
	maximum: (want, value) =>
		typeof value !== "number" || value <= want || `${value} is above ${want}`,
	maxLength: (want, value) => typeof value !== "string" || value.length <= want || "is too long",
	minItems: (want, value) => !Array.isArray(value) || value.length >= want || "has too few items",
	maxItems: (want, value) =>
		!Array.isArray(value) || value.length <= want || "has too many items",
	minProperties: (want, value) => Object.keys(value).length >= want || "has too few members",
	required: (want, value) =>
		want.filter((key) => !Object.hasOwn(value, key)).map((key) => `lacks ${key}`)[0] ?? true,
};

// The first error, or null.
export function validate(document, schema, value, path = "$") {
	if (schema.$ref) {
		const target = schema.$ref
			.slice(2)
			.split("/")
			.reduce((at, key) => at?.[key], document);
		if (!target) throw new Error(`${schema.$ref} is not there`);
		return validate(document, target, value, path);
	}
	if (typeof value === "number" && !Number.isSafeInteger(value) && Number.isInteger(value))
		return `${path} is beyond 2^53`;
	for (const [key, want] of Object.entries(schema)) {
		if (
			notes.has(key) ||
			key === "properties" ||
			key === "additionalProperties" ||
			key === "items"
		)
			continue;
		if (key === "oneOf" || key === "anyOf") {
			const errors = want.map((one) => validate(document, one, value, path));
			const fit = errors.filter((error) => error === null).length;
			if (key === "oneOf" ? fit !== 1 : fit === 0)
				return `${path} fits ${fit} of ${want.length}: ${errors.join(" | ")}`;
			continue;
		}
		if (key === "not") {
			if (validate(document, want, value, path) === null)
				return `${path} is what it must not be`;
			continue;
		}
		if (!rules[key]) throw new Error(`keyword ${key} is not known`);
		if (key === "required" && typeOf(value) !== "object") continue;
		const result = rules[key](want, value);
		if (result !== true) return `${path} ${result}`;
	}
	if (Array.isArray(value) && schema.items)
		for (const [i, item] of value.entries()) {
			const error = validate(document, schema.items, item, `${path}[${i}]`);
			if (error) return error;
		}
	if (
		typeOf(value) === "object" &&
		(schema.properties || schema.additionalProperties !== undefined)
	)
		for (const [key, member] of Object.entries(value)) {
			const of = schema.properties?.[key] ?? schema.additionalProperties;
			if (of === false) return `${path}.${key} is not promised`;
			const error =
				of && of !== true ? validate(document, of, member, `${path}.${key}`) : null;
			if (error) return error;
		}
	return null;
}
