// SPDX-License-Identifier: BSD-2-Clause
// A card in the middle of an empty place: what is the case, and what to do.

import type { ComponentChildren } from "preact";
import { retryNow } from "../api/state";
import { Icon, type IconName } from "./icons";

export function Notice({
	icon,
	title,
	children,
}: {
	icon: IconName;
	title: string;
	children?: ComponentChildren;
}) {
	return (
		<section class="notice" aria-label={title}>
			<span class="notice-icon">
				<Icon name={icon} size={28} />
			</span>
			<h2>{title}</h2>
			{children}
		</section>
	);
}

export function NoAnswer() {
	return (
		<Notice icon="warn" title="flowbpf does not answer">
			<p>
				The daemon may have stopped. On its machine: <code>flowbpf status</code>, or start
				it with
			</p>
			<pre>
				<code>sudo flowbpf attach eth0</code>
			</pre>
			<button type="button" onClick={retryNow}>
				Try again now
			</button>
		</Notice>
	);
}
