// SPDX-License-Identifier: BSD-2-Clause
// Ranked bars: a label, a bar behind the figures, each a link.

import type { ComponentChildren } from "preact";

export interface Bar {
	key: string;
	label: ComponentChildren;
	value: number;
	text: string;
	more?: string;
	href: string;
	title?: string;
	tint?: string;
	/** what can be done about it */
	act?: ComponentChildren;
}

export function Bars({ bars, empty }: { bars: Bar[]; empty: string }) {
	const max = Math.max(...bars.map((b) => b.value), 0);
	if (!bars.length) return <p class="faint panel-empty">{empty}</p>;
	return (
		<ul class="bars">
			{bars.map((bar) => (
				<li key={bar.key} class={bar.act ? "acting" : undefined}>
					<a href={bar.href} title={bar.title}>
						<span
							class={`bar-fill ${bar.tint ?? ""}`}
							aria-hidden="true"
							style={{
								width: `${max > 0 ? Math.max(0.5, (100 * bar.value) / max) : 0}%`,
							}}
						/>
						<span class="bar-label">{bar.label}</span>
						{bar.more ? <span class="bar-more">{bar.more}</span> : null}
						<span class="bar-text">{bar.text}</span>
					</a>
					{bar.act}
				</li>
			))}
		</ul>
	);
}
