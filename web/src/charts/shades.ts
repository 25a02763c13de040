// SPDX-License-Identifier: BSD-2-Clause
// How dark a value is drawn, in five steps, by its size. Pure.

/** Where shades begin, the darkest first: 1, 3, 10, 30, ... below the most. */
export function shadesOf(most: number, least = 0): number[] {
	const all: number[] = [];
	let decade = 10 ** Math.floor(Math.log10(Math.max(most, 1e-9)));
	while (all.length < SHADES - 1 && decade >= 1e-9) {
		for (const step of [3 * decade, decade])
			if (step <= most && step > least && all.length < SHADES - 1) all.push(step);
		decade /= 10;
	}
	return all;
}

export const SHADES = 5;

/** 1 is the lightest. */
export function shadeOf(value: number, shades: number[]): number {
	const at = shades.findIndex((from) => value >= from);
	return at < 0 ? SHADES - shades.length : SHADES - at;
}
