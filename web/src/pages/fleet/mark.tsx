// SPDX-License-Identifier: BSD-2-Clause
// Above the live view of one sensor of a hub: whose it is, the way back, and why nothing comes.

import type { Health } from "../../api/types";
import { sensor } from "../../core/base";
import { decoded } from "../../core/route";
import { safe } from "../../core/text";
import { usePolled } from "../../data/polled";
import { Icon } from "../../ui/icons";
import { t } from "../../words/t";

export function SensorMark() {
	const health = usePolled<Health>("health", {}, 5);
	const failed = health.failed.value;
	return (
		<nav class={`strip sensor-mark ${failed ? "bad" : "info"}`} aria-label={t("fleet.sensor")}>
			<Icon name={failed ? "warn" : "interfaces"} />
			<span class="strip-text">
				<span>{t("fleet.liveView")}</span> <bdi class="strong">{safe(decoded(sensor))}</bdi>
				{failed ? <span class="bad-text"> {safe(failed)}</span> : null}
			</span>
			<a href="/">{t("fleet.allSensors")}</a>
		</nav>
	);
}
