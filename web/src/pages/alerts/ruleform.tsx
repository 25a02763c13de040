// SPDX-License-Identifier: BSD-2-Clause
// A rule of alerts as a form, and as the text that it is.

import { useId } from "preact/hooks";
import type { AlertRules } from "../../api/schema";
import { safe } from "../../core/text";
import { fields } from "../../data/fields";
import { type Choice, Options } from "../../ui/options";
import { t } from "../../words/t";
import type { Draft, Word } from "./draft";
import { FilterField } from "./filterfield";

type Measure = AlertRules["measures"][number];

const EXAMPLES: Record<string, string> = {
	rate: "50mbit",
	bytes: "10gb",
	count: "100",
	seconds: "5m",
	ms: "200ms",
	percent: "80",
};

function Field({
	label,
	value,
	onEdit,
	example,
	disabled = false,
}: {
	label: string;
	value: string;
	onEdit: (text: string) => void;
	example?: string;
	disabled?: boolean;
}) {
	const id = useId();
	return (
		<div class="field">
			<label for={id}>{label}</label>
			<input
				id={id}
				type="text"
				spellcheck={false}
				autocomplete="off"
				autocapitalize="off"
				placeholder={example}
				disabled={disabled}
				value={value}
				onInput={(event) => onEdit(event.currentTarget.value)}
			/>
		</div>
	);
}

/** A word of the text that the list does not have is shown all the same. */
function Choose({
	label,
	value,
	list,
	onEdit,
}: {
	label: string;
	value: string;
	list: readonly Choice[];
	onEdit: (key: string) => void;
}) {
	const id = useId();
	const all: readonly Choice[] = list.some(([key]) => key === value)
		? list
		: [...list, [value, safe(value)]];
	return (
		<div class="field">
			<label for={id}>{label}</label>
			<select id={id} value={value} onChange={(event) => onEdit(event.currentTarget.value)}>
				<Options list={all} />
			</select>
		</div>
	);
}

const NONE: Choice = ["", "–"];
const THAN: Choice[] = [
	[">", t("alerts.above")],
	["<", t("alerts.below")],
];

function groups(): Choice[] {
	return fields.value
		.filter((field) => field.group)
		.map(({ name, label }) => [name, `${label} (${name})`] as const);
}

interface Parts {
	draft: Draft;
	word: (key: Word) => { value: string; onEdit: (text: string) => void };
	measure: Measure | undefined;
}

/** What is measured, of what, and when that is too much. */
function What({ word, measure, measures }: Parts & { measures: Measure[] }) {
	return (
		<>
			<Choose
				label={t("alerts.measure")}
				list={measures.map(({ name }) => [name, name] as const)}
				{...word("measure")}
			/>
			{measure && measure.unit === null ? null : (
				<>
					<Choose label={t("alerts.than")} list={[NONE, ...THAN]} {...word("than")} />
					<Field
						label={t("alerts.limit")}
						example={EXAMPLES[measure?.unit ?? ""] ?? ""}
						{...word("limit")}
					/>
				</>
			)}
			{measure && !measure.flows ? null : (
				<Choose label={t("alerts.by")} list={[NONE, ...groups()]} {...word("by")} />
			)}
		</>
	);
}

/** How long, how bad, and when it is not told. */
function When({ draft, word, others }: Parts & { others: string[] }) {
	const severities: Choice[] = [
		["", t("alerts.warning")],
		["info", t("alerts.info")],
		["warning", t("alerts.warning")],
		["critical", t("alerts.critical")],
	];
	const named = others.filter((name) => name !== draft.name.value);
	return (
		<>
			<Field label={t("alerts.for")} example="5m" {...word("for")} />
			<Choose
				label={t("alerts.severity")}
				list={severities.slice(word("severity").value ? 1 : 0)}
				{...word("severity")}
			/>
			<Field label={t("alerts.window")} example="10s" {...word("window")} />
			<Field label={t("alerts.repeat")} example="4h" {...word("repeat")} />
			<Field label={t("alerts.quiet")} example="22:00-07:00" {...word("quiet")} />
			<Choose
				label={t("alerts.unless")}
				list={[NONE, ...named.map((name) => [name, name] as const)]}
				{...word("unless")}
			/>
		</>
	);
}

function Wrong({ draft, id }: { draft: Draft; id: string }) {
	const wrong = draft.wrong.value;
	if (!wrong) return null;
	return (
		<p class="bad-text" id={id} role="alert">
			{wrong.parts ? (
				<code class="wrap">
					{safe(wrong.parts[0])}
					<mark>{safe(wrong.parts[1])}</mark>
					{safe(wrong.parts[2])}{" "}
				</code>
			) : null}
			{safe(wrong.detail)}
		</p>
	);
}

function AsText({ draft }: { draft: Draft }) {
	const id = useId();
	return (
		<div class="field">
			<label for={id}>{t("alerts.asText")}</label>
			<textarea
				id={id}
				class="mono"
				rows={2}
				spellcheck={false}
				autocomplete="off"
				autocapitalize="off"
				aria-invalid={draft.wrong.value !== null}
				aria-describedby={draft.wrong.value ? `${id}-wrong` : undefined}
				value={draft.rule.value}
				onInput={(event) => draft.editRule(event.currentTarget.value)}
			/>
			<Wrong draft={draft} id={`${id}-wrong`} />
		</div>
	);
}

export function RuleForm({
	draft,
	rules,
	named,
}: {
	draft: Draft;
	rules: AlertRules;
	/** it keeps its name */
	named: boolean;
}) {
	const words = draft.words.value;
	const measure = rules.measures.find(({ name }) => name === words.measure);
	const word: Parts["word"] = (key) => ({
		value: words[key],
		onEdit: (text) => draft.editWord(key, text),
	});
	const parts = { draft, word, measure };
	return (
		<>
			<div class="form-grid">
				<Field
					label={t("alerts.name")}
					value={draft.name.value}
					onEdit={draft.editName}
					disabled={named}
				/>
				<What {...parts} measures={rules.measures} />
				{measure && !measure.flows ? null : <FilterField {...word("filter")} />}
				<When {...parts} others={rules.items.map(({ name }) => name)} />
			</div>
			{measure ? <p class="faint">{safe(measure.help)}</p> : null}
			<AsText draft={draft} />
		</>
	);
}
