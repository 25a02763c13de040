// SPDX-License-Identifier: BSD-2-Clause
// The two dialogs that end connections in conntrack, and say honestly what that does.

import { useSignal } from "@preact/signals";
import { ApiError, ask, reason } from "../../api/client";
import { refresh, summary } from "../../api/state";
import { count } from "../../core/format";
import { closeDialog, Dialog } from "../../ui/dialog";
import { toast } from "../../ui/toast";
import type { Ends } from "./acts";

interface Done {
	matched: number;
	done: number;
	failed: unknown[];
}

export function ForgetDialog({ ends }: { ends: Ends }) {
	const busy = useSignal(false);
	const run = async () => {
		busy.value = true;
		try {
			await ask<Done>(`flows/${ends.id}`, { method: "DELETE" });
			toast(`Deleted the conntrack entry of ${ends.src} → ${ends.dst}`);
			refresh();
		} catch (error) {
			const gone = error instanceof ApiError && error.problem.status === 409;
			toast(
				gone ? "It has no conntrack entry any more" : `Not deleted: ${reason(error)}`,
				gone ? "info" : "bad",
			);
		}
		closeDialog();
	};
	return (
		<Dialog title="Delete this connection?" onClose={closeDialog}>
			<dl class="ends">
				<dt>From</dt>
				<dd class="mono">{ends.src}</dd>
				<dt>To</dt>
				<dd>
					{ends.name ? (
						<>
							{ends.name}
							<br />
						</>
					) : null}
					<span class="mono">{ends.dst}</span>
				</dd>
				<dt>Protocol</dt>
				<dd>{ends.proto}</dd>
			</dl>
			<p>
				This deletes its conntrack entry. The kernel picks an unbroken TCP connection up
				again with its next packet (<code>nf_conntrack_tcp_loose</code>), and translated
				connections get a new mapping: right after a change of uplink or provider, not a way
				to block somebody.
			</p>
			<div class="dialog-acts">
				<button type="button" onClick={closeDialog} autofocus>
					Cancel
				</button>
				<button
					type="button"
					class="danger"
					disabled={busy.value}
					onClick={() => void run()}
				>
					Delete entry
				</button>
			</div>
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
					? `Flushed ${count(done.done)} conntrack entries`
					: "Flushed the conntrack table",
			);
			refresh();
		} catch (error) {
			toast(`Not flushed: ${reason(error)}`, "bad");
		}
		closeDialog();
	};
	return (
		<Dialog title="Delete all connections?" onClose={closeDialog}>
			<form onSubmit={(event) => void run(event)}>
				<p>
					This empties the kernel's whole conntrack table
					{entries != null ? (
						<>
							{" "}
							(<strong>{count(entries)}</strong> entries)
						</>
					) : null}
					, not only what the filter shows:
				</p>
				<ul class="plain">
					<li>every translated (NAT) connection loses its mapping and may break,</li>
					<li>stateful firewall rules see running connections as new,</li>
					<li>your own session to this machine is among them.</li>
				</ul>
				<label class="field">
					<span>
						Type <kbd>flush</kbd> to go on
					</span>
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
						Cancel
					</button>
					<button
						type="submit"
						class="danger"
						disabled={busy.value || typed.value !== "flush"}
					>
						Delete all connections
					</button>
				</div>
			</form>
		</Dialog>
	);
}
