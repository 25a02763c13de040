// SPDX-License-Identifier: BSD-2-Clause
// Colours of the stylesheet for what draws on a canvas.

let probe: HTMLElement | null = null;

/** The colour that a custom property has now, as rgb(). */
export function colour(name: string): string {
	if (!probe) {
		probe = document.createElement("i");
		probe.hidden = true;
		document.body.append(probe);
	}
	probe.style.color = `var(${name})`;
	return getComputedStyle(probe).color;
}

/** The same with an opacity. */
export function faded(rgb: string, alpha: number): string {
	return rgb.replace(/^rgb\((.*)\)$/, `rgb($1 / ${alpha})`).replace(/,/g, " ");
}
