// SPDX-License-Identifier: BSD-2-Clause
// The keys that work everywhere, and the sheet that lists all keys.

import { allKeys, type Key } from "../core/keys";
import { PAGES } from "./pages";
import { go, href } from "../core/route";
import { keysOn } from "../core/settings";
import { units } from "../core/settings";
import { togglePause } from "./controls";
import { closeDialog, Dialog, openDialog } from "./dialog";
import { focusFilter } from "./filterbox";
import { t } from "../words/t";

function Keys({ keys }: { keys: string }) {
	return (
		<span class="keys">
			{keys.split(" ").map((k) => (
				<kbd key={k}>{k}</kbd>
			))}
		</span>
	);
}

function Help() {
	const groups = new Map<string, Key[]>();
	for (const key of allKeys()) groups.set(key.group, [...(groups.get(key.group) ?? []), key]);
	return (
		<Dialog title={t("keys.keyboard")} onClose={closeDialog} wide>
			<div class="key-sheet">
				{[...groups].map(([name, keys]) => (
					<section key={name}>
						<h3>{name}</h3>
						<dl>
							{keys.map((k) => (
								<div key={k.keys}>
									<dt>
										<Keys keys={k.keys} />
									</dt>
									<dd>{k.does}</dd>
								</div>
							))}
						</dl>
					</section>
				))}
			</div>
			<label class="check">
				<input
					type="checkbox"
					checked={keysOn.value}
					onChange={(event) => {
						keysOn.value = event.currentTarget.checked;
					}}
				/>{" "}
				{t("keys.singleKeysWork")}
			</label>
		</Dialog>
	);
}

export function showKeys(): void {
	openDialog.value = () => <Help />;
}

export function globalKeys(): Key[] {
	return [
		{ group: t("keys.everywhere"), keys: "/", does: t("word.filter"), run: focusFilter },
		{ group: t("keys.everywhere"), keys: "Space", does: t("keys.pause"), run: togglePause },
		{
			group: t("keys.everywhere"),
			keys: "u",
			does: t("keys.bitsBytes"),
			run: () => {
				units.value = {
					...units.value,
					rate: units.value.rate === "bits" ? "bytes" : "bits",
				};
			},
		},
		{ group: t("keys.everywhere"), keys: "?", does: t("keys.sheet"), run: showKeys },
		...PAGES.map((page): Key => ({
			group: t("keys.goTo"),
			keys: `g ${page.key}`,
			does: page.title,
			run: () => go(href(page.path)),
		})),
	];
}
