// SPDX-License-Identifier: BSD-2-Clause
// Why somebody asks for an act, for the record of it.

import type { Signal } from "@preact/signals";
import { t } from "../../words/t";

const REASON_BYTES = 200;

/** As much of a reason as the record takes. */
function fitting(text: string): string {
	const letters = [...text];
	while (new TextEncoder().encode(letters.join("")).length > REASON_BYTES) letters.pop();
	return letters.join("");
}

export function WhyField({ why }: { why: Signal<string> }) {
	return (
		<label class="picker">
			<span>{t("flows.why")}</span>
			<input
				type="text"
				value={why.value}
				onInput={(event) => {
					why.value = fitting(event.currentTarget.value);
					event.currentTarget.value = why.value;
				}}
			/>
		</label>
	);
}
