// SPDX-License-Identifier: BSD-2-Clause
// What an operator calls a device, and draws it as.

import { useSignal } from "@preact/signals";
import { ask } from "../../api/client";
import type { Device, DeviceLabel } from "../../api/types";
import { safe } from "../../core/text";
import { closeDialog, Dialog } from "../../ui/dialog";
import { Options } from "../../ui/options";
import { useSaving } from "../../ui/saving";
import { ICONS } from "./icons";
import { t } from "../../words/t";

export function LabelDialog({ device }: { device: Device }) {
	const label = useSignal(device.label ?? "");
	const icon = useSignal<string>(device.icon ?? "");
	const { busy, save } = useSaving((error) => t("devices.notLabelled", { error }));
	const run = (how: { method: string; body?: unknown }) =>
		save(async () => {
			const given = await ask<DeviceLabel>(`devices/${device.mac}/label`, how);
			return given.label
				? t("devices.isCalled", { mac: given.mac, name: safe(given.label) })
				: t("devices.labelChanged", { mac: given.mac });
		});
	return (
		<Dialog title={t("devices.labelOf", { mac: device.mac })} onClose={closeDialog}>
			<form
				onSubmit={(event) => {
					event.preventDefault();
					const body = { label: label.value.trim(), icon: icon.value || null };
					void run(
						body.label || body.icon ? { method: "PUT", body } : { method: "DELETE" },
					);
				}}
			>
				<label class="field">
					<span>{t("devices.label")}</span>
					<input
						type="text"
						value={label.value}
						maxLength={64}
						autofocus
						onInput={(event) => (label.value = event.currentTarget.value)}
					/>
				</label>
				<label class="field">
					<span>{t("devices.icon")}</span>
					<select
						value={icon.value}
						onChange={(event) => (icon.value = event.currentTarget.value)}
					>
						<option value="">{t("word.none")}</option>
						<Options list={ICONS} />
					</select>
				</label>
				<p class="faint">{t("devices.labelHelp")}</p>
				<div class="dialog-acts">
					<button type="button" onClick={closeDialog}>
						{t("word.cancel")}
					</button>
					<button type="submit" class="primary" disabled={busy.value}>
						{t("word.save")}
					</button>
				</div>
			</form>
		</Dialog>
	);
}
