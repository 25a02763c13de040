// SPDX-License-Identifier: BSD-2-Clause
// What a button of a list does: it is done, said, and the list is asked for anew.

import { reason } from "../api/client";
import { refresh } from "../api/state";
import { t } from "../words/t";
import { toast } from "./toast";

export async function perform(act: () => Promise<unknown>, done: string): Promise<void> {
	try {
		await act();
		toast(done);
		refresh();
	} catch (error) {
		toast(t("acts.notDone", { error: reason(error) }), "bad");
	}
}
