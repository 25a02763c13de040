// SPDX-License-Identifier: BSD-2-Clause
// When a device was at work: a bar an hour of the last day, in words for who does not see it.

import { now } from "../../api/state";
import * as fmt from "../../core/format";
import { units } from "../../core/settings";
import { t } from "../../words/t";

const HEIGHT = 24;
const WIDTH = 4;
const GAP = 1;

const hourOf = (ago: number) => {
	const time = new Date(now.peek() - ago * 3600_000);
	time.setMinutes(0, 0, 0);
	return fmt.clock(time.toISOString()).slice(0, 5);
};

export function Hours({ hours }: { hours: number[] }) {
	const most = Math.max(...hours, 1);
	const active = hours.filter((bytes) => bytes > 0).length;
	const step = WIDTH + GAP;
	return (
		<svg
			class="hours"
			width={hours.length * step}
			height={HEIGHT}
			role="img"
			aria-label={t("devices.activeHours", { n: active })}
		>
			{hours.map((bytes, i) => {
				/* by the square root: an hour of little is seen beside one of much */
				const height = bytes ? Math.max(2, Math.sqrt(bytes / most) * HEIGHT) : 1;
				return (
					<rect
						key={i}
						class={bytes ? "" : "idle"}
						x={i * step}
						y={HEIGHT - height}
						width={WIDTH}
						height={height}
					>
						<title>
							{`${hourOf(hours.length - 1 - i)} ${fmt.bytes(bytes, units.value)}`}
						</title>
					</rect>
				);
			})}
		</svg>
	);
}
