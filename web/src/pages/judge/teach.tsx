// SPDX-License-Identifier: BSD-2-Clause
// Telling the judge that a connection is fine, or not, for all like it; and taking that back.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { refresh } from "../../api/state";
import type { Flow } from "../../api/types";
import { safe } from "../../core/text";
import { whyNoAct } from "../../data/rules";
import { teach, teachingOf, unteach } from "../../data/teachings";
import { perform } from "../../ui/perform";
import { t } from "../../words/t";

const WORDS = [
	[false, "allow", t("judge.teachAllow")],
	[true, "deny", t("judge.teachDeny")],
] as const;

async function takeBack(flow: Flow): Promise<void> {
	const id = await teachingOf(flow);
	if (id !== null) await unteach(id);
}

export function Teach({ f }: { f: Flow }) {
	/** what was said here, until the server's answer says it, too; null: taken back */
	const said = useSignal<string | null | undefined>(undefined);
	const busy = useSignal(false);
	useEffect(() => {
		if (said.peek() === (f.judge?.taught ?? null)) said.value = undefined;
	}, [f]);
	if (!f.judge || whyNoAct() !== null) return null;
	const taught = said.value === undefined ? f.judge.taught : (said.value ?? undefined);
	const run = async (act: () => Promise<unknown>, word: string | null, done: string) => {
		busy.value = true;
		const before = said.peek();
		said.value = word;
		let failed = true;
		await perform(async () => {
			await act();
			failed = false;
		}, done);
		if (failed) said.value = before;
		busy.value = false;
		if (!failed) refresh();
	};
	return (
		<div class="teach" role="group" aria-label={t("judge.teach")}>
			<p class="faint">
				{t("judge.teachMeans", {
					client: safe(f.src.ip),
					server: safe(f.dst.ip),
					port: String(f.dst.port ?? ""),
				})}
			</p>
			<span class="rule-acts">
				{WORDS.map(([deny, word, label]) => (
					<button
						key={word}
						type="button"
						aria-pressed={taught === word}
						disabled={busy.value || taught === word}
						onClick={() =>
							void run(() => teach(f.id, deny), word, t("judge.taughtNow", { word }))
						}
					>
						{label}
					</button>
				))}
				{taught === undefined ? null : (
					<button
						type="button"
						disabled={busy.value}
						onClick={() => void run(() => takeBack(f), null, t("judge.untaught"))}
					>
						{t("acts.undo")}
					</button>
				)}
			</span>
		</div>
	);
}
