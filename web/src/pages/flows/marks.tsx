// SPDX-License-Identifier: BSD-2-Clause
// Marks in a row of what must not be overlooked: lists that it is on, a risk, names that nothing explains
// or that imitate others, names that are longer than is shown, connections met in mid-stream, and whose
// client is a guess. Words, not only colours.

import type { Value } from "../../api/types";
import { isCut, safe } from "../../core/text";
import { classOf, KIND, LEAST } from "../../data/judge";
import { closedReason, flagHelp } from "../../ui/cells";
import { textOf } from "../../ui/fieldvalue";
import { listed, t } from "../../words/t";

type Get = (field: string) => Value;

/** Flags of names that a row shows; what confirms a name stays in the drawer. */
const NAMES: Record<string, [kind: "warn" | "bad" | "", word: string]> = {
	unexplained: ["warn", t("flows.noDns")],
	mixed_script: ["bad", t("flows.lookAlike")],
	overlap: ["bad", t("flows.rewritten")],
	ech: ["warn", "ECH"],
};

/** What told the client from the server, where it may be wrong. */
const GUESSES: Record<string, string> = {
	ephemeral: t("flows.guessPortClient"),
	port: t("flows.guessPortSmaller"),
	first: t("flows.guessSeenFirst"),
};

function Mark({ kind, word, help }: { kind: string; word: string; help: string }) {
	return (
		<abbr class={`mark ${kind}`} title={help}>
			{word}
		</abbr>
	);
}

/** On lists of the operator's: the first, and how many others. */
function ListMark({ lists }: { lists: Value }) {
	const names =
		textOf(lists)
			.match(/[^,\s]+/g)
			?.map((name) => safe(name)) ?? [];
	if (!names.length) return null;
	const others = names.length > 1 ? ` +${names.length - 1}` : "";
	return (
		<Mark
			kind="bad list"
			word={`${names[0]}${others}`}
			help={t("flows.onList", { list: listed(...names) })}
		/>
	);
}

function RiskMark({ risk }: { risk: Value }) {
	const n = Number(risk ?? 0);
	if (n < LEAST.medium) return null;
	return (
		<Mark
			kind={KIND[classOf(n)]}
			word={`${t("judge.risk")} ${n}`}
			help={t("judge.riskHelp", { n })}
		/>
	);
}

export function NameMarks({ get }: { get: Get }) {
	const found = get("name.flags");
	const flags = Array.isArray(found) ? found : [];
	const from = get("dst.host_from");
	return (
		<>
			<ListMark lists={get("list")} />
			<RiskMark risk={get("risk")} />
			{isCut(textOf(get("dst.host"))) ? (
				<Mark kind="warn" word={t("flows.cut")} help={t("flows.cutHelp")} />
			) : null}
			{flags.map((flag) => {
				const known = NAMES[flag];
				// a name from an encrypted hello says so itself
				if (!known || flag === from) return null;
				return <Mark key={flag} kind={known[0]} word={known[1]} help={flagHelp(flag)} />;
			})}
		</>
	);
}

export function DirectionMarks({ get }: { get: Get }) {
	const guess = GUESSES[String(get("client_by"))];
	const partial = get("partial") === true && !closedReason(get("closed"));
	return (
		<>
			{guess ? (
				<Mark kind="" word={t("flows.guessed")} help={t("flows.guessedHelp", { guess })} />
			) : null}
			{partial ? (
				<Mark kind="" word={t("flows.partial")} help={t("flows.partialHelp")} />
			) : null}
		</>
	);
}
