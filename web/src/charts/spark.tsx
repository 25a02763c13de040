// SPDX-License-Identifier: BSD-2-Clause
// A line without axes: the shape of the last minute. Decoration beside a number, unless labelled.

interface SparkProps {
	values: (number | null)[];
	second?: (number | null)[];
	height?: number;
	label?: string;
	tint?: string;
}

const WIDTH = 120;

function line(values: (number | null)[], max: number, height: number): string {
	const step = WIDTH / Math.max(1, values.length - 1);
	let pen = "M";
	let path = "";
	values.forEach((value, i) => {
		if (value === null) {
			pen = "M";
			return;
		}
		const y = height - 1.5 - (max > 0 ? value / max : 0) * (height - 3);
		path += `${pen}${(i * step).toFixed(1)} ${y.toFixed(1)}`;
		pen = "L";
	});
	return path;
}

export function Spark({ values, second, height = 28, label, tint = "accent" }: SparkProps) {
	const all = [...values, ...(second ?? [])].filter((v): v is number => v !== null);
	const max = Math.max(...all, 0);
	const path = values.length > 1 ? line(values, max, height) : "";
	const area = path && !values.includes(null) ? `${path}L${WIDTH} ${height}L0 ${height}Z` : "";
	return (
		<svg
			class={`spark ${second ? "down" : tint}`} viewBox={`0 0 ${WIDTH} ${height}`} preserveAspectRatio="none" style={{ height: `${height}px` }}
			{...(label ? { role: "img", "aria-label": label } : { "aria-hidden": true })}
		>
			{area ? <path class="area" d={area} /> : null}
			{path ? <path class="line" d={path} /> : null}
			{second && second.length > 1 ? <path class="line up" d={line(second, max, height)} /> : null}
		</svg>
	);
}
