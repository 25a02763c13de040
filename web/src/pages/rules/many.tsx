// SPDX-License-Identifier: BSD-2-Clause
// To end or forget many connections: done step by step, looked after to the end, and told.

import { ask } from "../../api/client";
import type { Deletion } from "../../api/schema";
import { listed, t } from "../../words/t";

const POLL_MS = 500;

/** Does what was shown, and looks after it to its end. */
export async function performMany(
	token: string,
	why: string,
	tell: (state: Deletion) => void,
): Promise<Deletion | undefined> {
	let now: Deletion | undefined = await ask<Deletion>("acts", {
		method: "POST",
		body: { token, reason: why || null },
	});
	while (now?.running && now.deletion) {
		tell(now);
		const number: number = now.deletion;
		await new Promise((done) => setTimeout(done, POLL_MS));
		const { items } = await ask<{ items: Deletion[] }>("deletions");
		now = items.find((one) => one.deletion === number);
	}
	return now;
}

const DONE = { kill: "flows.killedMany", forget: "flows.deletedConntrackEntries" } as const;

export const outcome = (verb: keyof typeof DONE, state: Deletion): string =>
	listed(
		t(DONE[verb], { n: state.done }),
		state.gone > 0 && t("flows.nHadGone", { n: state.gone }),
		state.failed > 0 && t("flows.nRefused", { n: state.failed }),
	);

export function Progress({ state }: { state: Deletion }) {
	return (
		<p role="status">
			{t("flows.nOfEntries", {
				n: state.done + state.gone + state.failed,
				all: state.entries,
			})}
		</p>
	);
}
