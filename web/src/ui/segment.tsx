// SPDX-License-Identifier: BSD-2-Clause
// One of a few: buttons side by side, of which one is pressed.

import type { ComponentChildren } from "preact";

/** What is picked, its word, what it means */
export type Choices<T extends string> = (readonly [T, string, string?])[];

export function Segment<T extends string>({
	label,
	value,
	options,
	onPick,
	kind = "",
	after,
}: {
	label: string;
	value: T;
	options: Choices<T>;
	onPick: (v: T) => void;
	kind?: "" | "tiny" | "scopes";
	/** behind its word */
	after?: (v: T) => ComponentChildren;
}) {
	return (
		<div class={`segment ${kind}`.trimEnd()} role="group" aria-label={label}>
			{options.map(([key, word, help]) => (
				<button
					type="button"
					key={key}
					title={help}
					aria-pressed={value === key}
					onClick={() => onPick(key)}
				>
					{word}
					{after?.(key)}
				</button>
			))}
		</div>
	);
}
