// SPDX-License-Identifier: BSD-2-Clause
// What was lost in the last minute, as a number and in words.

import * as fmt from "../../core/format";
import { grown, points } from "../../data/lastminutes";
import { costsCounts } from "../../data/losses";
import { listed, t } from "../../words/t";

export function lostLately(): [n: number, how: string] {
	const names = Object.keys(points[points.length - 1]?.losses ?? {}).filter(costsCounts);
	const parts = names.map((name): [number, string] => [
		grown(name, 60_000),
		name.replaceAll("_", " "),
	]);
	return [
		parts.reduce((n, [k]) => n + k, 0),
		listed(...parts.map(([k, name]) => k > 0 && `${fmt.count(k)} ${name}`)) ||
			t("overview.noneLastMinute"),
	];
}
