// SPDX-License-Identifier: BSD-2-Clause
// A card in the middle of an empty place: what is the case, and what to do.

import type { ComponentChildren } from "preact";
import { retryNow } from "../api/state";
import { Icon, type IconName } from "./icons";
import { rich, t } from "../words/t";

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

/** In the place of what was asked for: why it is not there, or that it is not there yet. */
export function Awaited({
	failed,
	title,
	children = <div aria-busy="true" />,
}: {
	failed: string | null;
	title: string;
	children?: ComponentChildren;
}) {
	return failed ? (
		<Notice icon="warn" title={title}>
			<p>{failed}</p>
		</Notice>
	) : (
		<>{children}</>
	);
}

export function NoAnswer() {
	return (
		<Notice icon="warn" title={t("notice.noAnswer")}>
			<p>{rich("notice.mayHaveStopped", { status: <code>flowbpf status</code> })}</p>
			<pre>
				<code>sudo flowbpf attach eth0</code>
			</pre>
			<button type="button" onClick={retryNow}>
				{t("notice.tryAgain")}
			</button>
		</Notice>
	);
}
