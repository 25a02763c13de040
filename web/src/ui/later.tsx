// SPDX-License-Identifier: BSD-2-Clause
// Parts that a first visit does not load: they come when one of them is shown, or, so that pages open
// at once, when the first page has come to rest.

import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { t } from "../words/t";
import { Notice } from "./notice";

/** A part of its own: how it is loaded, and what stands for one of its components until then. */
export function part<Module>(get: () => Promise<Module>) {
	const module = signal<Module | null>(null);
	const failed = signal(false);
	const load = async (): Promise<void> => {
		if (module.peek()) return;
		try {
			module.value = await get();
		} catch {
			failed.value = true;
		}
	};
	const later = <Props extends object>(
		pick: (from: Module) => ComponentType<Props>,
	): ComponentType<Props> =>
		function Later(props: Props) {
			useEffect(() => void load(), []);
			const Component = module.value && pick(module.value);
			if (Component) return <Component {...props} />;
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
	const whenThere = <Props extends object>(
		pick: (from: Module) => ComponentType<Props>,
	): ComponentType<Props> =>
		function WhenThere(props: Props) {
			const Component = module.value && pick(module.value);
			return Component ? <Component {...props} /> : null;
		};
	return { load, later, whenThere };
}

type Rest = typeof import("../pages/rest");

const REST_MS = 4000;
const rest = part(() => import("../pages/rest"));

/** What a page shows seldom comes with those that come later. */
export const seldom = rest.later;

/** What can wait until they are there for another reason. */
export const afterwards = rest.whenThere;

/** A page that comes later. */
export const later = (name: keyof Rest & `${string}Page`): ComponentType =>
	rest.later((pages) => pages[name]);

export function loadLater(): void {
	setTimeout(() => void rest.load(), REST_MS);
}
