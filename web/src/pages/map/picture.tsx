// SPDX-License-Identifier: BSD-2-Clause
// The world, countries shaded by how much they have; each of those is a link. One stop of the
// keyboard: arrows go on by rank. What is pointed at is told below.

import { useSignal } from "@preact/signals";
import { t } from "../../words/t";
import { LAND, SIZE, SPOTS } from "./world";

export interface Shaded {
	code: string;
	shade: number;
	words: string;
	href: string;
}

interface Props {
	/** the most first */
	countries: Shaded[];
	legend: { shade: number; words: string }[];
}

const STEPS: Record<string, (at: number, n: number) => number> = {
	ArrowRight: (at, n) => (at + 1) % n,
	ArrowDown: (at, n) => (at + 1) % n,
	ArrowLeft: (at, n) => (at + n - 1) % n,
	ArrowUp: (at, n) => (at + n - 1) % n,
	Home: () => 0,
	End: (_, n) => n - 1,
};

const outlines = new Map(LAND.filter(([code]) => code));
const spots = new Map(SPOTS.map(([code, x, y]) => [code, [x, y] as const]));

function Shape({ code, shade }: Shaded) {
	const spot = spots.get(code);
	return spot ? (
		<circle class={`spot shade-${shade}`} cx={spot[0]} cy={spot[1]} />
	) : (
		<path class={`country shade-${shade}`} d={outlines.get(code)} />
	);
}

const linkAt = (target: EventTarget | null) => (target as Element).closest("a");

export function World({ countries, legend }: Props) {
	const pointed = useSignal<string | null>(null);
	const stop = useSignal<string | null>(null);
	const drawn = countries.filter(({ code }) => outlines.has(code) || spots.has(code));
	const shaded = new Set(drawn.map(({ code }) => code));
	const at = Math.max(
		0,
		drawn.findIndex(({ code }) => code === stop.value),
	);
	const point = (event: Event) => {
		pointed.value = linkAt(event.target)?.dataset.code ?? null;
	};
	const step = (event: KeyboardEvent) => {
		const next = STEPS[event.key]?.(at, drawn.length);
		if (next === undefined || !linkAt(event.target)) return;
		event.preventDefault();
		const { code } = drawn[next]!;
		stop.value = code;
		(event.currentTarget as Element).querySelector<SVGAElement>(`[data-code=${code}]`)?.focus();
	};
	// spots lie upon what is around them; who has the focus keeps it while ranks change
	const layer = ({ code }: Shaded) => `${Number(spots.has(code))}${code}`;
	const order = [...drawn].sort((a, b) => (layer(a) < layer(b) ? -1 : 1));
	return (
		<div
			class="world"
			onPointerOver={point}
			onPointerLeave={() => {
				pointed.value = null;
			}}
			onFocusIn={(event) => {
				point(event);
				stop.value = pointed.value;
			}}
			onKeyDown={step}
		>
			<svg
				viewBox={`-4 -4 ${SIZE[0] + 8} ${SIZE[1] + 8}`}
				role="group"
				aria-label={t("map.picture")}
			>
				<path
					class="land"
					d={LAND.filter(([code]) => !shaded.has(code))
						.map(([, outline]) => outline)
						.join("")}
				/>
				{order.map((one) => (
					<a
						key={one.code}
						href={one.href}
						aria-label={one.words}
						data-code={one.code}
						tabindex={drawn[at]?.code === one.code ? 0 : -1}
					>
						<Shape {...one} />
					</a>
				))}
			</svg>
			<div class="world-foot">
				<p class="world-said" aria-hidden="true">
					{drawn.find(({ code }) => code === pointed.value)?.words ?? (
						<span class="faint">{t("map.hint")}</span>
					)}
				</p>
				<ul class="world-legend" aria-label={t("map.legend")}>
					{legend.map(({ shade, words }) => (
						<li key={shade}>
							<i class={`shade-${shade}`} aria-hidden="true" />
							{words}
						</li>
					))}
				</ul>
			</div>
		</div>
	);
}
