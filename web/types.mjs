// SPDX-License-Identifier: BSD-2-Clause
// TypeScript of OpenAPI's component schemas, so that the page's types are what the server says.
import { readFileSync, writeFileSync } from "node:fs";

const HEAD = `// SPDX-License-Identifier: BSD-2-Clause
// Made by types.mjs of the API's description: not to be edited.
`;

const key = (name) => (/^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name));
const union = (parts) => [...new Set(parts)].join(" | ");
const list = (type) => (type.includes(" | ") ? `(${type})[]` : `${type}[]`);

function members({ properties = {}, required = [] }, indent) {
	return Object.entries(properties).map(([name, schema]) => {
		const help = schema.description?.replaceAll("*/", "* /");
		const comment = help ? `/** ${help} */${indent ? "\n" : ""}${indent || " "}` : "";
		return `${indent}${comment}${key(name)}${required.includes(name) ? "" : "?"}: ${typeOf(schema)};`;
	});
}

function objectOf(schema) {
	if (schema.properties) return `{ ${members(schema, "").join(" ")} }`;
	const rest = schema.additionalProperties;
	return `Record<string, ${rest && rest !== true ? typeOf(rest) : "unknown"}>`;
}

function oneType(schema, type) {
	if (type === "object") return objectOf(schema);
	if (type === "array") return list(schema.items ? typeOf(schema.items) : "unknown");
	return type === "integer" ? "number" : type;
}

/** One schema as a type. */
function typeOf(schema) {
	if (schema.$ref) return schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1);
	if (schema.enum) return union(schema.enum.map((word) => JSON.stringify(word)));
	if ("const" in schema) return JSON.stringify(schema.const);
	const choices = schema.oneOf ?? schema.anyOf;
	if (choices) return union(choices.map(typeOf));
	if (!schema.type) return "unknown";
	return union([schema.type].flat().map((type) => oneType(schema, type)));
}

export function typesOf(openapi) {
	const types = Object.entries(openapi.components.schemas).map(([name, schema]) =>
		schema.type === "object" && schema.properties
			? `export interface ${name} {\n${members(schema, "\t").join("\n")}\n}\n`
			: `export type ${name} = ${typeOf(schema)};\n`,
	);
	return [HEAD, ...types].join("\n");
}

/** The file is touched only when it says something else: what depends on it stays as it is. */
export function writeTypes(openapiPath, path) {
	const text = typesOf(JSON.parse(readFileSync(openapiPath, "utf8")));
	try {
		if (readFileSync(path, "utf8") === text) return;
	} catch {
		// there is none yet
	}
	writeFileSync(path, text);
}
