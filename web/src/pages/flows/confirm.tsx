// SPDX-License-Identifier: BSD-2-Clause
// The dialogs that end one connection, its entry in conntrack, or all of these, and say honestly
// what that does.

import { useSignal } from "@preact/signals";
import { ApiError, ask, reason } from "../../api/client";
import type { Killed } from "../../api/schema";
import { refresh, summary } from "../../api/state";
import { count } from "../../core/format";
import { closeDialog, Dialog } from "../../ui/dialog";
import { toast } from "../../ui/toast";
import type { Ends } from "./acts";
import { rich, t } from "../../words/t";
import { WhyField } from "./whyfield";

interface Done {
	matched: number;
	done: number;
	failed: unknown[];
}

function EndsList({ ends }: { ends: Ends }) {
	return (
		<dl class="ends">
			<dt>{t("word.from")}</dt>
			<dd class="mono">{ends.src}</dd>
			<dt>{t("flows.to")}</dt>
			<dd>
				{ends.name ? (
					<>
						{ends.name}
						<br />
					</>
				) : null}
				<span class="mono">{ends.dst}</span>
			</dd>
			<dt>{t("word.protocol")}</dt>
			<dd>{ends.proto}</dd>
		</dl>
	);
}

/** Rather not, which has the focus, or go on. */
function Acts({ busy, word, run }: { busy: boolean; word: string; run: () => Promise<void> }) {
	return (
		<div class="dialog-acts">
			<button type="button" onClick={closeDialog} autofocus>
				{t("word.cancel")}
			</button>
			<button type="button" class="danger" disabled={busy} onClick={() => void run()}>
				{word}
			</button>
		</div>
	);
}

/** Ends it for both of its ends, and says whether it is over or waits for its next packet. */
export function KillDialog({ ends }: { ends: Ends }) {
	const busy = useSignal(false);
	const why = useSignal("");
	const run = async () => {
		busy.value = true;
		try {
			const { ended } = await ask<Killed>(`flows/${ends.id}/kill`, {
				method: "POST",
				body: { reason: why.value || null },
			});
			toast(t(ended ? "flows.killed" : "flows.killWaits", { src: ends.src, dst: ends.dst }));
			refresh();
		} catch (error) {
			toast(t("flows.notKilled", { error: reason(error) }), "bad");
		}
		closeDialog();
	};
	return (
		<Dialog title={t("flows.killAsk")} onClose={closeDialog}>
			<EndsList ends={ends} />
			<p>{t("flows.killMeans")}</p>
			<WhyField why={why} />
			<Acts busy={busy.value} word={t("flows.killIt")} run={run} />
		</Dialog>
	);
}

export function ForgetDialog({ ends }: { ends: Ends }) {
	const busy = useSignal(false);
	const run = async () => {
		busy.value = true;
		try {
			await ask<Done>(`flows/${ends.id}`, { method: "DELETE" });
			toast(t("flows.deletedConntrackEntry", { src: ends.src, dst: ends.dst }));
			refresh();
		} catch (error) {
			const gone = error instanceof ApiError && error.problem.status === 409;
			toast(
				gone
					? t("flows.noConntrackEntry")
					: t("flows.notDeleted", { error: reason(error) }),
				gone ? "info" : "bad",
			);
		}
		closeDialog();
	};
	return (
		<Dialog title={t("flows.deleteConnectionAsk")} onClose={closeDialog}>
			<EndsList ends={ends} />
			<p>{rich("flows.forgetMeans", { setting: <code>nf_conntrack_tcp_loose</code> })}</p>
			<Acts busy={busy.value} word={t("flows.deleteEntry")} run={run} />
		</Dialog>
	);
}

export function FlushDialog() {
	const typed = useSignal("");
	const busy = useSignal(false);
	const entries = summary.value?.conntrack.entries;
	const run = async (event: Event) => {
		event.preventDefault();
		if (typed.value !== "flush") return;
		busy.value = true;
		try {
			const done = await ask<Partial<Done>>("conntrack", {
				method: "DELETE",
				body: { confirm: "flush" },
			});
			toast(
				done?.done != null
					? t("flows.flushedConntrackEntries", { n: done.done })
					: t("flows.flushedConntrackTable"),
			);
			refresh();
		} catch (error) {
			toast(t("flows.notFlushed", { error: reason(error) }), "bad");
		}
		closeDialog();
	};
	return (
		<Dialog title={t("flows.deleteAllAsk")} onClose={closeDialog}>
			<form onSubmit={(event) => void run(event)}>
				<p>
					{entries != null
						? rich("flows.flushMeansEntries", { n: <strong>{count(entries)}</strong> })
						: t("flows.flushMeans")}
				</p>
				<ul class="plain">
					<li>{t("flows.flushNat")}</li>
					<li>{t("flows.flushFirewall")}</li>
					<li>{t("flows.flushYourself")}</li>
				</ul>
				<label class="field">
					<span>{rich("flows.typeToGoOn", { word: <kbd>flush</kbd> })}</span>
					<input
						type="text"
						autocomplete="off"
						autocapitalize="off"
						spellcheck={false}
						autofocus
						value={typed.value}
						onInput={(event) => {
							typed.value = event.currentTarget.value.trim();
						}}
					/>
				</label>
				<div class="dialog-acts">
					<button type="button" onClick={closeDialog}>
						{t("word.cancel")}
					</button>
					<button
						type="submit"
						class="danger"
						disabled={busy.value || typed.value !== "flush"}
					>
						{t("flows.deleteAll")}
					</button>
				</div>
			</form>
		</Dialog>
	);
}
