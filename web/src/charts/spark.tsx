// SPDX-License-Identifier: BSD-2-Clause
// A line without axes: the shape of the last minute, as decoration beside a number.

const WIDTH = 120;
const HEIGHT = 28;

function line(values: (number | null)[], max: number): string {
	const step = WIDTH / Math.max(1, values.length - 1);
	let pen = "M";
	let path = "";
	values.forEach((value, i) => {
		if (value === null) {
			pen = "M";
			return;
		}
		const y = HEIGHT - 1.5 - (max > 0 ? value / max : 0) * (HEIGHT - 3);
		path += `${pen}${(i * step).toFixed(1)} ${y.toFixed(1)}`;
		pen = "L";
	});
	return path;
}

export function Spark({ values, tint = "accent" }: { values: (number | null)[]; tint?: string }) {
	const max = values.reduce<number>((most, v) => Math.max(most, v ?? 0), 0);
	const path = values.length > 1 ? line(values, max) : "";
	return (
		<svg
			class={`spark ${tint}`}
			viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
			preserveAspectRatio="none"
			style={{ height: `${HEIGHT}px` }}
			aria-hidden="true"
		>
			{path && !values.includes(null) ? (
				<path class="area" d={`${path}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z`} />
			) : null}
			{path ? <path class="line" d={path} /> : null}
		</svg>
	);
}
