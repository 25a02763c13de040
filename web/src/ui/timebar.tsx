// SPDX-License-Identifier: BSD-2-Clause
// The bar under the top while time stands still or a stretch of it is chosen.

import { effect } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { paused } from "../api/state";
import { between, moment, past, range, setBetween, stripOpen } from "../core/time";
import { Icon } from "./icons";
import { seldom } from "./later";
import { t } from "../words/t";

const TimeSlider = seldom((parts) => parts.TimeSlider);
const TimeChosen = seldom((parts) => parts.TimeChosen);

/** A moment that was scrubbed to is left when time goes on. */
function leaveMoment(): () => void {
	return effect(() => {
		if (!paused.value && moment.peek() !== null) setBetween(null, false);
	});
}

/** A moment that an address carries is stood still at, as it was when it was shared. */
function standStill(): void {
	if (moment.peek() !== null) paused.value = true;
}

export function TimeBar() {
	useMemo(standStill, []);
	useEffect(leaveMoment, []);
	const stretch = between.value !== null && moment.value === null;
	if (!paused.value && !stretch && range.value === "live") return null;
	// what is dragged on the strip to the last minutes stays on it
	const chosen = stretch || past.value || stripOpen.value || !paused.value;
	const calm = !paused.value && !stretch;
	return (
		<section
			class={`timebar${chosen ? " chosen" : ""}${calm ? " calm" : ""}`}
			aria-label={t("time.timeShown")}
		>
			<Icon name="history" />
			{chosen ? <TimeChosen /> : <TimeSlider />}
		</section>
	);
}
