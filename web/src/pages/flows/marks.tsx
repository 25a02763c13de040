// SPDX-License-Identifier: BSD-2-Clause
// Marks in a row of what must not be overlooked: names that nothing explains or that imitate others,
// connections met in mid-stream, and whose client is a guess. Words, not only colours.

import type { Value } from "../../api/types";
import { closedReason, flagHelp } from "../../ui/cells";

type Get = (field: string) => Value;

/** Flags of names that a row shows; what confirms a name stays in the drawer. */
const NAMES: Record<string, [kind: "warn" | "bad" | "", word: string]> = {
	unexplained: ["warn", "no DNS"],
	mixed_script: ["bad", "look-alike"],
	overlap: ["bad", "rewritten"],
	ech: ["warn", "ECH"],
};

/** What told the client from the server, where it may be wrong. */
const GUESSES: Record<string, string> = {
	ephemeral: "its port is one that clients use",
	port: "the other port is the smaller one",
	first: "it was seen first",
};

function Mark({ kind, word, help }: { kind: string; word: string; help: string }) {
	return (
		<abbr class={`mark ${kind}`} title={help}>
			{word}
		</abbr>
	);
}

export function NameMarks({ get }: { get: Get }) {
	const flags = get("name.flags");
	if (!Array.isArray(flags)) return null;
	const from = get("dst.host_from");
	return (
		<>
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
				<Mark
					kind=""
					word="guessed"
					help={`Which end opened the connection was not seen; this one is taken for the client: ${guess}`}
				/>
			) : null}
			{partial ? (
				<Mark
					kind=""
					word="partial"
					help="Met in mid-stream: what passed before is not counted, and a name may be missing"
				/>
			) : null}
		</>
	);
}
