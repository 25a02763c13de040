// SPDX-License-Identifier: BSD-2-Clause
// The dialog that deletes the conntrack entries of all flows that match: how many and which first.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask, type Query, reason } from "../../api/client";
import type { Deletion } from "../../api/schema";
import { refresh } from "../../api/state";
import { count } from "../../core/format";
import { endpoint, safe } from "../../core/text";
import { closeDialog, Dialog } from "../../ui/dialog";
import { toast } from "../../ui/toast";
import { listed, rich, t } from "../../words/t";

const POLL_MS = 500;
/** connections come and go while one reads: a tenth more than were shown may match */
const slack = (matched: number) => matched + Math.floor(matched / 10) + 10;

const outcome = (state: Deletion) =>
	listed(
		t("flows.deletedConntrackEntries", { n: state.done }),
		state.gone > 0 && t("flows.nHadGone", { n: state.gone }),
		state.failed > 0 && t("flows.nRefused", { n: state.failed }),
	);

async function follow(number: number): Promise<Deletion | undefined> {
	const list = await ask<{ items: Deletion[] }>("deletions");
	return list.items.find((one) => one.deletion === number);
}

function Sample({ seen }: { seen: Deletion }) {
	const flows = seen.sample ?? [];
	return (
		<ul class="plain">
			{flows.slice(0, 5).map((flow) => (
				<li key={flow.id} class="mono">
					{endpoint(flow.src.ip, flow.src.port)} →{" "}
					{flow.dst.host ? safe(flow.dst.host) : endpoint(flow.dst.ip, flow.dst.port)}{" "}
					{flow.proto}
				</li>
			))}
			{seen.matched > 5 ? <li>{t("flows.andNMore", { n: seen.matched - 5 })}</li> : null}
		</ul>
	);
}

/** What is under way, or what can be asked for. */
function Progress({ state }: { state: Deletion }) {
	return (
		<p role="status">
			{t("flows.nOfEntries", {
				n: state.done + state.gone + state.failed,
				all: state.entries,
			})}
		</p>
	);
}

export function ForgetManyDialog({ query, what }: { query: Query; what: string }) {
	const seen = useSignal<Deletion | null>(null);
	const state = useSignal<Deletion | null>(null);
	const failed = (error: unknown) => {
		toast(t("flows.notDeleted", { error: reason(error) }), "bad");
		closeDialog();
	};
	useEffect(() => {
		ask<Deletion>("flows", { method: "DELETE", query: { ...query, dry_run: true } })
			.then((answer) => {
				seen.value = answer;
			})
			.catch(failed);
	}, []);
	const run = async (matched: number) => {
		try {
			let now: Deletion | undefined = await ask<Deletion>("flows", {
				method: "DELETE",
				query: { ...query, at_most: slack(matched) },
			});
			while (now?.running && now.deletion) {
				state.value = now;
				await new Promise((done) => setTimeout(done, POLL_MS));
				now = await follow(now.deletion);
			}
			if (now) toast(outcome(now), now.failed ? "bad" : "info");
			refresh();
			closeDialog();
		} catch (error) {
			failed(error);
		}
	};
	const preview = seen.value;
	return (
		<Dialog title={t("flows.deleteMatchingAsk")} onClose={closeDialog}>
			<p>
				{what ? <code>{what}</code> : t("flows.allLiveConnections")}
				{preview
					? rich("flows.matchedEntries", {
							flows: <strong>{count(preview.matched)}</strong>,
							entries: <strong>{count(preview.entries)}</strong>,
						})
					: " …"}
			</p>
			{preview ? <Sample seen={preview} /> : null}
			{state.value ? <Progress state={state.value} /> : null}
			<p>{t("flows.deleteMatchingMeans")}</p>
			<div class="dialog-acts">
				<button type="button" onClick={closeDialog} autofocus>
					{t("word.cancel")}
				</button>
				<button
					type="button"
					class="danger"
					disabled={!preview?.entries || state.value !== null}
					onClick={() => preview && void run(preview.matched)}
				>
					{preview ? t("flows.deleteEntries", { n: preview.entries }) : t("flows.delete")}
				</button>
			</div>
		</Dialog>
	);
}
