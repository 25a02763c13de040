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

const POLL_MS = 500;
/** connections come and go while one reads: a tenth more than were shown may match */
const slack = (matched: number) => matched + Math.floor(matched / 10) + 10;

const outcome = (state: Deletion) =>
	[
		`Deleted ${count(state.done)} conntrack entries`,
		state.gone ? `${count(state.gone)} had gone already` : "",
		state.failed ? `${count(state.failed)} the kernel refused` : "",
	]
		.filter(Boolean)
		.join(", ");

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
			{seen.matched > 5 ? <li>and {count(seen.matched - 5)} more</li> : null}
		</ul>
	);
}

/** What is under way, or what can be asked for. */
function Progress({ state }: { state: Deletion }) {
	return (
		<p role="status">
			{count(state.done + state.gone + state.failed)} of {count(state.entries)} …
		</p>
	);
}

export function ForgetManyDialog({ query, what }: { query: Query; what: string }) {
	const seen = useSignal<Deletion | null>(null);
	const state = useSignal<Deletion | null>(null);
	const failed = (error: unknown) => {
		toast(`Not deleted: ${reason(error)}`, "bad");
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
		<Dialog title="Delete the connections that match?" onClose={closeDialog}>
			<p>
				{what ? <code>{what}</code> : "All live connections"}
				{preview ? (
					<>
						: <strong>{count(preview.matched)}</strong> flows,{" "}
						<strong>{count(preview.entries)}</strong> of them with a conntrack entry
					</>
				) : (
					" …"
				)}
			</p>
			{preview ? <Sample seen={preview} /> : null}
			{state.value ? <Progress state={state.value} /> : null}
			<p>
				The kernel picks unbroken TCP connections up again with their next packet, and
				translated ones get a new mapping: right after a change of uplink or provider.
			</p>
			<div class="dialog-acts">
				<button type="button" onClick={closeDialog} autofocus>
					Cancel
				</button>
				<button
					type="button"
					class="danger"
					disabled={!preview?.entries || state.value !== null}
					onClick={() => preview && void run(preview.matched)}
				>
					{preview ? `Delete ${count(preview.entries)} entries` : "Delete"}
				</button>
			</div>
		</Dialog>
	);
}
