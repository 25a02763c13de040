// SPDX-License-Identifier: BSD-2-Clause
// What dialogs share that change something: busy meanwhile, closed once it is done.

import { useSignal } from "@preact/signals";
import { reason } from "../api/client";
import { refresh } from "../api/state";
import { closeDialog } from "./dialog";
import { toast } from "./toast";

/** `act` says what was done; where it fails, `failed` tells why and the dialog stays. */
export function useSaving(failed: (error: string) => string) {
	const busy = useSignal(false);
	const save = async (act: () => Promise<string>): Promise<void> => {
		busy.value = true;
		try {
			toast(await act());
			refresh();
			closeDialog();
		} catch (error) {
			toast(failed(reason(error)), "bad");
			busy.value = false;
		}
	};
	return { busy, save };
}
