// SPDX-License-Identifier: BSD-2-Clause
// What may be done with nobody who asks: looked at, switched on by what was shown, and off.

import { ask } from "../api/client";
import type { AutomationPreview, AutomationSwitch } from "../api/schema";

type Which = Pick<AutomationSwitch, "kind" | "direction">;

const pathOf = ({ kind, direction }: Which) => `automation/${kind}/${direction}`;

export const lookAtSwitch = (
	{ kind, direction }: Which,
	seconds: number,
	signal: AbortSignal,
): Promise<AutomationPreview> =>
	ask("automation/preview", {
		method: "POST",
		body: { kind, direction, for: seconds },
		signal,
	});

export const switchOn = (which: Which, token: string): Promise<unknown> =>
	ask(pathOf(which), { method: "PUT", body: { token } });

export const switchOff = (which: Which): Promise<unknown> =>
	ask(pathOf(which), { method: "DELETE" });
