// SPDX-License-Identifier: BSD-2-Clause
// Colours of the stylesheet for what draws on a canvas.

let probe: HTMLElement | null = null;

function mixed(value: string): string {
	if (!probe) {
		probe = document.createElement("i");
		probe.hidden = true;
		document.body.append(probe);
	}
	probe.style.color = value;
	return getComputedStyle(probe).color;
}

/** The colour that a custom property has now, as rgb(). */
export function colour(name: string): string {
	return mixed(`var(${name})`);
}

/** A category's colour, calmer: for areas. */
export function calm(name: string): string {
	return mixed(`color-mix(in srgb, var(${name}) 74%, var(--surface))`);
}

/** The same with an opacity. */
export function faded(rgb: string, alpha: number): string {
	return rgb.replace(/^rgb\((.*)\)$/, `rgb($1 / ${alpha})`).replace(/,/g, " ");
}
