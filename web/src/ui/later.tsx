// SPDX-License-Identifier: BSD-2-Clause
// Pages that a first visit does not load: they come when one of them is opened, or, so that they open
// at once, when the first page has come to rest.

import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { t } from "../words/t";
import { Notice } from "./notice";

type Rest = typeof import("../pages/rest");

const REST_MS = 4000;
const rest = signal<Rest | null>(null);
const failed = signal(false);

async function load(): Promise<void> {
	if (rest.peek()) return;
	try {
		rest.value = await import("../pages/rest");
	} catch {
		failed.value = true;
	}
}

/** A component that stands for one of them. */
export function later(name: keyof Rest): ComponentType {
	return function Later() {
		useEffect(() => void load(), []);
		const Page = rest.value?.[name];
		if (Page) return <Page />;
		// another version may be served by now: its page has other parts
		if (failed.value)
			return (
				<Notice icon="warn" title={t("later.failed")}>
					<button type="button" onClick={() => location.reload()}>
						{t("later.reload")}
					</button>
				</Notice>
			);
		return <div aria-busy="true" />;
	};
}

export function loadLater(): void {
	setTimeout(() => void load(), REST_MS);
}
