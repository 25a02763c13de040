// SPDX-License-Identifier: BSD-2-Clause
// The sides of a flow's ends, by the word of its scope. Pure.

export type End = "src" | "dst";

/** Is that end on the inside? "internal" is both. */
export function isInside(scope: string, end: End): boolean {
	const [src, dst = src] = scope.split("-");
	return (end === "src" ? src : dst) === "internal";
}
