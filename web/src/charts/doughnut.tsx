// SPDX-License-Identifier: BSD-2-Clause
// A ring of parts with its legend; every part is a link to what it stands for.

import type { ComponentChildren } from "preact";
import * as fmt from "../core/format";
import { safe } from "../core/text";

interface Slice {
	key: string;
	value: number;
	tint: string;
	href: string;
}

const R = 42;
const ROUND = 2 * Math.PI * R;

export function Doughnut({
	slices,
	label,
	format,
	centre,
}: {
	slices: Slice[];
	label: string;
	format: (n: number) => string;
	centre: ComponentChildren;
}) {
	const total = slices.reduce((sum, s) => sum + s.value, 0);
	const shown = slices.filter((s) => s.value > 0);
	const gap = shown.length > 1 ? 1.5 : 0;
	let at = 0;
	return (
		<div class="doughnut">
			<div class="doughnut-ring">
				<svg
					viewBox="0 0 100 100"
					role="img"
					aria-label={`${label}: ${shown.map((s) => `${s.key} ${fmt.percent(s.value, total)}`).join(", ")}`}
				>
					<circle class="ring-bg" cx="50" cy="50" r={R} />
					{shown.map((s) => {
						const length = (s.value / total) * ROUND;
						const start = at;
						at += length;
						return (
							<circle
								key={s.key}
								class={`ring s-${s.tint}`}
								cx="50"
								cy="50"
								r={R}
								stroke-dasharray={`${Math.max(0.5, length - gap)} ${ROUND}`}
								stroke-dashoffset={-start}
							>
								<title>{`${s.key}: ${format(s.value)} (${fmt.percent(s.value, total)})`}</title>
							</circle>
						);
					})}
				</svg>
				<div class="doughnut-centre">{centre}</div>
			</div>
			<ul class="legend">
				{shown.map((s) => (
					<li key={s.key}>
						<a href={s.href}>
							<i class={`tint ${s.tint}`} aria-hidden="true" />
							<span class="cut">{safe(s.key)}</span>
							<span class="legend-n">{format(s.value)}</span>
							<span class="legend-p">{fmt.percent(s.value, total)}</span>
						</a>
					</li>
				))}
			</ul>
		</div>
	);
}
