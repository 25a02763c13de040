// SPDX-License-Identifier: BSD-2-Clause
// The world for the page Map: shapes of countries as outlines on the screen, so that the page needs
// no projection. Natural Earth's (public domain), packed by world-atlas (ISC).
import { createRequire } from "node:module";
import { writeFileSync } from "node:fs";
import { geoArea, geoEqualEarth, geoPath } from "d3-geo";
import { feature } from "topojson-client";

const require = createRequire(import.meta.url);
const WIDTH = 2000; // of the sphere, in steps of an outline
const NOBODYS = "AQ"; // a fifth of the height, for nothing

const HEAD = `// SPDX-License-Identifier: BSD-2-Clause
// Made by world.mjs of world-atlas: not to be edited.
`;

function countries(detail) {
	const world = require(`world-atlas/countries-${detail}.json`);
	return feature(world, world.objects.countries).features;
}

/** ISO 3166-1 alpha-2, of the number that Unicode knows, too; "": no country to that standard. */
function codeOf({ id, properties }) {
	if (properties.name === "Kosovo") return "XK";
	return id ? Intl.getCanonicalLocales(`und-${id}`)[0].slice("und-".length) : "";
}

/** A path in whole steps, each from the one before: a third of the bytes. */
function outline() {
	let [d, x, y] = ["", 0, 0];
	const signed = (n) => (n < 0 ? `${n}` : ` ${n}`);
	const move = (letter) => (px, py) => {
		const [nx, ny] = [Math.round(px), Math.round(py)];
		if (letter === "M") d += `M${nx}${signed(ny)}l`;
		else if (nx !== x || ny !== y) d += `${signed(nx - x)}${signed(ny - y)}`;
		[x, y] = [nx, ny];
	};
	return {
		moveTo: move("M"),
		lineTo: move("l"),
		closePath: () => {
			d += "z";
		},
		text: () => d.replace(/l ?/g, "l").replace(/M[^Mlz]*lz/g, ""),
	};
}

/** The biggest part: of islands far apart the middle is nowhere. */
function mainPart({ geometry }) {
	if (geometry.type === "Polygon") return geometry;
	return geometry.coordinates
		.map((coordinates) => ({ type: "Polygon", coordinates }))
		.reduce((a, b) => (geoArea(b) > geoArea(a) ? b : a));
}

export function writeWorld(to) {
	const coarse = countries("110m").filter((one) => codeOf(one) !== NOBODYS);
	const projection = geoEqualEarth().fitWidth(WIDTH, { type: "Sphere" });
	const path = geoPath(projection);
	const [[left, top], [right, bottom]] = path.bounds({
		type: "FeatureCollection",
		features: coarse,
	});
	projection.translate(projection.translate().map((at, i) => at - [left, top][i]));
	const land = coarse.map((one) => {
		const pen = outline();
		geoPath(projection, pen)(one);
		return [codeOf(one), pen.text()];
	});
	const drawn = new Set(land.map(([code]) => code));
	const spots = countries("50m")
		.filter((one) => codeOf(one) && codeOf(one) !== NOBODYS && !drawn.has(codeOf(one)))
		.map((one) => [codeOf(one), ...path.centroid(mainPart(one)).map(Math.round)]);
	const size = [Math.ceil(right - left), Math.ceil(bottom - top)];
	writeFileSync(
		to,
		`${HEAD}
export const SIZE: [width: number, height: number] = ${JSON.stringify(size)};
/** Countries by ISO 3166-1 code; "": none of that standard. */
export const LAND: [code: string, outline: string][] = ${JSON.stringify(land)};
/** Where the countries are that are too small for an outline. */
export const SPOTS: [code: string, x: number, y: number][] = ${JSON.stringify(spots)};
`,
	);
}
