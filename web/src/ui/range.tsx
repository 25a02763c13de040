// SPDX-License-Identifier: BSD-2-Clause
// How far back a chart looks.

export const RANGES: [string, string][] = [
	["live", "Live"],
	["15m", "15 m"],
	["1h", "1 h"],
	["6h", "6 h"],
	["24h", "24 h"],
];

export function RangePicker({ value, onPick }: { value: string; onPick: (range: string) => void }) {
	return (
		<div class="segment tiny" role="group" aria-label="Range">
			{RANGES.map(([key, word]) => (
				<button type="button" key={key} aria-pressed={value === key} onClick={() => onPick(key)}>{word}</button>
			))}
		</div>
	);
}
