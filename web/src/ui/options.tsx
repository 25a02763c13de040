// SPDX-License-Identifier: BSD-2-Clause
// What a picker offers.

export type Choice = readonly [key: string, word: string];

export const Options = ({ list }: { list: readonly Choice[] }) =>
	list.map(([key, word]) => (
		<option key={key} value={key}>
			{word}
		</option>
	));
