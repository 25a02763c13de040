// SPDX-License-Identifier: BSD-2-Clause
// What an operator calls a host: given here, it stands before every name that was learned.

import { useSignal } from "@preact/signals";
import { ask } from "../../api/client";
import { safe } from "../../core/text";
import { closeDialog, Dialog } from "../../ui/dialog";
import { useSaving } from "../../ui/saving";
import { t } from "../../words/t";

interface HostName {
	ip: string;
	name: string | null;
}

export function NameDialog({ ip, given }: { ip: string; given: string | null }) {
	const name = useSignal(given ?? "");
	const { busy, save } = useSaving((error) => t("hosts.notNamed", { error }));
	const run = (how: { method: string; body?: unknown }) =>
		save(async () => {
			const now = await ask<HostName>(`hosts/${encodeURIComponent(ip)}/name`, how);
			return now.name
				? t("hosts.isCalled", { ip: safe(ip), name: safe(now.name) })
				: t("hosts.nameTakenBack");
		});
	return (
		<Dialog title={t("hosts.nameOf", { ip: safe(ip) })} onClose={closeDialog}>
			<form
				onSubmit={(event) => {
					event.preventDefault();
					void run({ method: "PUT", body: { name: name.value } });
				}}
			>
				<label class="field">
					<span>{t("word.name")}</span>
					<input
						type="text"
						value={name.value}
						maxLength={255}
						required
						autofocus
						onInput={(event) => (name.value = event.currentTarget.value)}
					/>
				</label>
				<p class="faint">{t("hosts.nameHelp")}</p>
				<div class="dialog-acts">
					<button type="button" onClick={closeDialog}>
						{t("word.cancel")}
					</button>
					{given ? (
						<button
							type="button"
							disabled={busy.value}
							onClick={() => void run({ method: "DELETE" })}
						>
							{t("hosts.takeBack")}
						</button>
					) : null}
					<button type="submit" class="primary" disabled={busy.value}>
						{t("word.save")}
					</button>
				</div>
			</form>
		</Dialog>
	);
}
