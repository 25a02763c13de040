// SPDX-License-Identifier: BSD-2-Clause
// The state of things for those who listen: one sentence, at most every ten seconds.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { lamp, summary } from "../api/state";
import * as fmt from "../core/format";
import { units } from "../core/settings";

const sentence = signal("");
const EVERY_MS = 10_000;

function say(): void {
	const s = summary.peek();
	if (!s || document.hidden) return;
	const state = lamp.peek() === "live" ? "" : `, ${lamp.peek()}`;
	sentence.value = `${fmt.count(s.active_flows)} flows, ${fmt.rate(s.rate_bps.down, units.peek())} down, ${fmt.rate(s.rate_bps.up, units.peek())} up${state}`;
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
