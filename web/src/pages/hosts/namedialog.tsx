// SPDX-License-Identifier: BSD-2-Clause
// What an operator calls a host: given here, it stands before every name that was learned.

import { useSignal } from "@preact/signals";
import { ask, reason } from "../../api/client";
import { refresh } from "../../api/state";
import { safe } from "../../core/text";
import { closeDialog, Dialog } from "../../ui/dialog";
import { toast } from "../../ui/toast";

interface HostName {
	ip: string;
	name: string | null;
}

export function NameDialog({ ip, given }: { ip: string; given: string | null }) {
	const name = useSignal(given ?? "");
	const busy = useSignal(false);
	const run = async (how: { method: string; body?: unknown }) => {
		busy.value = true;
		try {
			const now = await ask<HostName>(`hosts/${encodeURIComponent(ip)}/name`, how);
			toast(now.name ? `${safe(ip)} is called ${safe(now.name)}` : "The name was taken back");
			refresh();
			closeDialog();
		} catch (error) {
			toast(`Not named: ${reason(error)}`, "bad");
			busy.value = false;
		}
	};
	return (
		<Dialog title={`Name ${safe(ip)}`} onClose={closeDialog}>
			<form
				onSubmit={(event) => {
					event.preventDefault();
					void run({ method: "PUT", body: { name: name.value } });
				}}
			>
				<label class="field">
					<span>Name</span>
					<input
						type="text"
						value={name.value}
						maxLength={255}
						required
						autofocus
						onInput={(event) => (name.value = event.currentTarget.value)}
					/>
				</label>
				<p class="faint">
					It is shown for all addresses of this device, before names that hosts, leases
					and files tell, in small letters, and kept over a restart.
				</p>
				<div class="dialog-acts">
					<button type="button" onClick={closeDialog}>
						Cancel
					</button>
					{given ? (
						<button
							type="button"
							disabled={busy.value}
							onClick={() => void run({ method: "DELETE" })}
						>
							Take it back
						</button>
					) : null}
					<button type="submit" class="primary" disabled={busy.value}>
						Save
					</button>
				</div>
			</form>
		</Dialog>
	);
}
