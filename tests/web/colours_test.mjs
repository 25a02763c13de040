// SPDX-License-Identifier: BSD-2-Clause
// The stylesheet's colours: contrast for text, and distance between categories, also for eyes
// that tell fewer colours apart.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const css = readFileSync(new URL("../../web/src/styles/tokens.css", import.meta.url), "utf8");
const themes = [{}, {}];
for (const [, name, light, dark] of css.matchAll(
	/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g,
)) {
	themes[0][name] = light;
	themes[1][name] = dark;
}

const linear = (hex) =>
	[1, 3, 5].map((i) => {
		const c = parseInt(hex.slice(i, i + 2), 16) / 255;
		return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
	});
const mul = (m, v) => m.map((row) => row[0] * v[0] + row[1] * v[1] + row[2] * v[2]);
const luminance = (hex) => mul([[0.2126, 0.7152, 0.0722]], linear(hex))[0];
function contrast(a, b) {
	const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p);
	return (x + 0.05) / (y + 0.05);
}
function oklab(rgb) {
	const lms = mul(
		[
			[0.4122214708, 0.5363325363, 0.0514459929],
			[0.2119034982, 0.6806995451, 0.1073969566],
			[0.0883024619, 0.2817188376, 0.6299787005],
		],
		rgb,
	).map((c) => Math.cbrt(Math.max(0, c)));
	return mul(
		[
			[0.2104542553, 0.793617785, -0.0040720468],
			[1.9779984951, -2.428592205, 0.4505937099],
			[0.0259040371, 0.7827717662, -0.808675766],
		],
		lms,
	);
}
// Machado, Oliveira, Fernandes 2009, severity 1
const EYES = {
	usual: [
		[1, 0, 0],
		[0, 1, 0],
		[0, 0, 1],
	],
	protanopia: [
		[0.152286, 1.052583, -0.204868],
		[0.114503, 0.786281, 0.099216],
		[-0.003882, -0.048116, 1.051998],
	],
	deuteranopia: [
		[0.367322, 0.860646, -0.227968],
		[0.280085, 0.672501, 0.047413],
		[-0.01182, 0.04294, 0.968881],
	],
	tritanopia: [
		[1.255528, -0.076749, -0.178779],
		[-0.078411, 0.930809, 0.147602],
		[0.004733, 0.691367, 0.3039],
	],
};
function distance(a, b, eye) {
	const [x, y] = [a, b].map((hex) => oklab(mul(EYES[eye], linear(hex))));
	return Math.hypot(...x.map((c, i) => c - y[i]));
}

for (const [i, theme] of themes.entries()) {
	const name = i ? "dark" : "light";
	test(`${name}: text colours reach 4.5 on page, surface and raised`, () => {
		for (const text of ["text", "muted", "accent", "ok", "warn", "bad", "up", "down"])
			for (const ground of ["page", "surface", "raised"])
				assert.ok(
					contrast(theme[text], theme[ground]) >= 4.5,
					`${text} on ${ground}: ${contrast(theme[text], theme[ground]).toFixed(2)}`,
				);
		assert.ok(contrast(theme["on-accent"], theme.accent) >= 4.5);
		assert.ok(contrast(theme.accent, theme.chosen) >= 4.5);
		assert.ok(contrast(theme.muted, theme.hover) >= 4.5);
	});
	test(`${name}: borders of controls reach 3`, () => {
		assert.ok(contrast(theme.control, theme.page) >= 3);
		assert.ok(contrast(theme.control, theme.surface) >= 3);
	});
	test(`${name}: categories are 3 to the ground and apart for all eyes`, () => {
		const tints = ["c1", "c2", "c3", "c4", "c5", "c6"].map((c) => theme[c]);
		for (const tint of tints) assert.ok(contrast(tint, theme.page) >= 2.9, tint);
		for (const eye of Object.keys(EYES))
			for (let a = 0; a < tints.length; a++)
				for (let b = a + 1; b < tints.length; b++)
					assert.ok(
						distance(tints[a], tints[b], eye) >= 0.1,
						`${tints[a]} ${tints[b]} ${eye}: ${distance(tints[a], tints[b], eye).toFixed(3)}`,
					);
	});
	test(`${name}: up and down are apart for all eyes`, () => {
		for (const eye of Object.keys(EYES))
			assert.ok(distance(theme.up, theme.down, eye) >= 0.15, eye);
	});
}
