// SPDX-License-Identifier: BSD-2-Clause
// A card in the middle of an empty place: what is the case, and what to do.

import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./icons";

export function Notice({ icon, title, children }: { icon: IconName; title: string; children?: ComponentChildren }) {
	return (
		<section class="notice" aria-label={title}>
			<span class="notice-icon"><Icon name={icon} size={28} /></span>
			<h2>{title}</h2>
			{children}
		</section>
	);
}
