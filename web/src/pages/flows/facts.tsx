// SPDX-License-Identifier: BSD-2-Clause
// What is known of a flow, by the table of fields: facts of a section, counters of both directions.

import { computed } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { Field, Flow, Value } from "../../api/types";
import * as fmt from "../../core/format";
import { safe } from "../../core/text";
import { fieldOf, fields } from "../../data/fields";
import { FieldValue, textOf } from "../../ui/fieldvalue";
import { type Looks, whyUnknown } from "./why";
import { listed, t } from "../../words/t";

export type Fact = [name: string, value: ComponentChildren, title?: string];

export function Facts({ facts }: { facts: Fact[] }) {
	if (!facts.length) return null;
	return (
		<dl class="facts">
			{facts.map(([name, value, title]) => (
				<div key={name}>
					<dt title={title}>{name}</dt>
					<dd>{value}</dd>
				</div>
			))}
		</dl>
	);
}

/** What a field says of a flow: the value at its path. */
function valueAt(f: Flow, path: string): Value {
	let here: unknown = f;
	for (const part of path.split(".")) here = (here as Record<string, unknown> | null)?.[part];
	return (here ?? null) as Value;
}

/** Sums of both directions, which the object has one by one. */
const pairs = computed(() => fields.value.filter((field) => field.path === null));

function Counter({ f, name }: { f: Flow; name: string }) {
	const field = fieldOf(name);
	if (!field?.path || (f.closed && field.unit?.endsWith("/s"))) return fmt.NONE;
	return <FieldValue field={field} value={valueAt(f, field.path)} />;
}

export function Counters({ f }: { f: Flow }) {
	return (
		<table class="small">
			<thead>
				<tr>
					<th scope="col">{t("flows.direction")}</th>
					{pairs.value.map((pair) => (
						<th key={pair.name} scope="col" title={pair.help}>
							{pair.label}
						</th>
					))}
				</tr>
			</thead>
			<tbody>
				{(["up", "down"] as const).map((way) => (
					<tr key={way}>
						<th scope="row">
							<span class={`arrow ${way}`} aria-hidden="true">
								{way === "up" ? "↑" : "↓"}
							</span>{" "}
							{way === "up" ? t("word.upload") : t("word.download")}
						</th>
						{pairs.value.map((pair) => (
							<td key={pair.name}>
								<Counter f={f} name={`${pair.name}.${way}`} />
							</td>
						))}
					</tr>
				))}
			</tbody>
		</table>
	);
}

/** Fields that the drawer's head and timeline say already. */
const SAID = new Set([
	"id",
	"proto",
	"l7",
	"service",
	"scope",
	"state",
	"src.ip",
	"src.port",
	"src.host",
	"dst.ip",
	"dst.port",
	"dst.host",
	"first_seen",
	"last_seen",
	"closed",
	"closed.at",
	"partial",
]);

const isPaired = (field: Field) =>
	pairs.value.some((pair) => field.name.startsWith(`${pair.name}.`));

/** What is known of a flow in one section of the table of fields. */
export function factsOf(f: Flow, section: string): Fact[] {
	if (section === "Judge" && f.judge) return []; // it says why, too
	return fields.value.flatMap((field): Fact[] => {
		if (field.section !== section || !field.path || SAID.has(field.name) || isPaired(field))
			return [];
		const value = valueAt(f, field.path);
		if (textOf(value) === "") return [];
		return [
			[field.label, <FieldValue key={field.name} field={field} value={value} />, field.help],
		];
	});
}

export const unknownFact = (labels: string[], why: string): Fact => [
	listed(...labels),
	<span key={why} class="faint wrap">
		{safe(why)}
	</span>,
];

/** Fields that stand elsewhere where they are known, and in their section where they are not. */
const MISSED = new Set(["service", "src.host"]);

/** What is not known of it in a section, and why; what has one reason is one fact. */
export function unknownOf(f: Flow, section: string, looks: Looks): Fact[] {
	const whys = new Map<string, string[]>();
	for (const field of fields.value) {
		if (field.section !== section || !field.path) continue;
		if (SAID.has(field.name) && !MISSED.has(field.name)) continue;
		const why = textOf(valueAt(f, field.path)) === "" ? whyUnknown(field.name, f, looks) : null;
		if (why) whys.set(why, [...(whys.get(why) ?? []), field.label]);
	}
	return [...whys].map(([why, labels]) => unknownFact(labels, why));
}
