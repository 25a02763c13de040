// SPDX-License-Identifier: BSD-2-Clause
// A part of the page as a PNG: a copy of it with its styles written out, canvases as images, in an
// SVG that the browser draws. Nothing is fetched.

const SCALE = 2; // for print and dense screens

/** What SVG's shapes and texts look like: all that is computed of each would take seconds. */
const DRAWN =
	"fill fill-opacity stroke stroke-width stroke-opacity stroke-dasharray stroke-dashoffset stroke-linecap opacity mix-blend-mode paint-order text-anchor font-family font-size font-weight transform transform-origin".split(
		" ",
	);

/** Custom properties are resolved in what is computed, and their names mean nothing outside. */
function writeStyles(from: Element, to: Element): void {
	const style = getComputedStyle(from);
	const names = from instanceof SVGElement && !(from instanceof SVGSVGElement) ? DRAWN : style;
	let text = "";
	for (const name of names)
		if (!name.startsWith("--")) text += `${name}:${style.getPropertyValue(name)};`;
	(to as HTMLElement).style.cssText = text; // an attribute would be refused by the page's policy
	to.removeAttribute("class");
	to.removeAttribute("id");
}

function imageOf(canvas: HTMLCanvasElement): HTMLImageElement {
	const image = new Image();
	image.src = canvas.toDataURL();
	writeStyles(canvas, image);
	return image;
}

const UNSEEN = ".visually-hidden, .u-select, .u-cursor-x, .u-cursor-y, .u-cursor-pt";

/** A copy with all that makes it look so; without what only a page has. */
function still(from: Element): Element | null {
	if (from.matches(UNSEEN)) return null;
	if (from instanceof HTMLCanvasElement) return imageOf(from);
	const copy = from.cloneNode(false) as Element;
	writeStyles(from, copy);
	copy.removeAttribute("href");
	for (const child of from.childNodes) {
		const kept =
			child instanceof Element ? still(child) : child.nodeType === 3 && child.cloneNode();
		if (kept) copy.append(kept);
	}
	return copy;
}

function surface(element: Element): string {
	for (let at: Element | null = element; at; at = at.parentElement) {
		const colour = getComputedStyle(at).backgroundColor;
		if (colour && !/^(transparent|rgba\(.*, 0\))$/.test(colour)) return colour;
	}
	return "white";
}

function drawn(svg: string): Promise<HTMLImageElement> {
	const image = new Image();
	image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
	return image.decode().then(() => image);
}

const PAD = 14;
const HEAD = 38;

/** The picture of what `body` shows, under its title. Rejects where a browser cannot. */
export async function pictureOf(title: HTMLElement, body: HTMLElement): Promise<Blob> {
	const { offsetWidth: width, offsetHeight: height } = body;
	const copy = new XMLSerializer().serializeToString(still(body)!);
	const image = await drawn(
		`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><foreignObject width="100%" height="100%">${copy}</foreignObject></svg>`,
	);
	const canvas = document.createElement("canvas");
	canvas.width = width * SCALE;
	canvas.height = (height + HEAD) * SCALE;
	const context = canvas.getContext("2d")!;
	context.scale(SCALE, SCALE);
	context.fillStyle = surface(body);
	context.fillRect(0, 0, width, height + HEAD);
	const { color, fontWeight, fontSize, fontFamily } = getComputedStyle(title);
	context.fillStyle = color;
	context.font = `${fontWeight} ${fontSize} ${fontFamily}`;
	context.fillText(title.textContent ?? "", PAD, HEAD - PAD, width - 2 * PAD);
	context.drawImage(image, 0, HEAD, width, height);
	return new Promise((done, fail) =>
		canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("no picture")))),
	);
}
