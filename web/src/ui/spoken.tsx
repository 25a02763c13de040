// SPDX-License-Identifier: BSD-2-Clause
// The state of things for those who listen: one sentence, at most every ten seconds.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { lamp, summary } from "../api/state";
import * as fmt from "../core/format";
import { units } from "../core/settings";
import { LAMPS } from "./controls";
import { t } from "../words/t";

const sentence = signal("");
const EVERY_MS = 10_000;

function say(): void {
	const s = summary.peek();
	if (!s || document.hidden) return;
	const state = LAMPS[lamp.peek()].word;
	const figures = t("spoken.figures", {
		n: s.active_flows,
		down: fmt.rate(s.rate_bps.down, units.peek()),
		up: fmt.rate(s.rate_bps.up, units.peek()),
	});
	sentence.value = lamp.peek() === "live" ? figures : `${figures}, ${state}`;
}

export function Spoken() {
	useEffect(() => {
		const timer = setInterval(say, EVERY_MS);
		return () => clearInterval(timer);
	}, []);
	return (
		<div class="visually-hidden" role="status" aria-live="polite">
			{sentence.value}
		</div>
	);
}
