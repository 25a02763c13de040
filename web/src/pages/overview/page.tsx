// SPDX-License-Identifier: BSD-2-Clause
// The Overview: is it healthy, who is using it, what is it used for.

import { useEffect } from "preact/hooks";
import { hasWindows, hello, linkState, summary } from "../../api/state";
import { NoAnswer } from "../../ui/notice";
import { WindowPanel } from "../history/window";
import { type Figures, figures, filterFailed, follow } from "./figures";
import { Protocols, ProtocolStates, States, Tops } from "./panels";
import { Tiles } from "./tiles";
import { Traffic } from "./traffic";

const UNKNOWN: Figures = { state: {}, matrix: {} };

export function OverviewPage() {
	useEffect(follow, []);
	const now = figures.value ?? UNKNOWN;
	if (!summary.value && linkState.value === "waiting") return <NoAnswer />;
	return (
		<div class="overview">
			<h1 class="visually-hidden">Overview</h1>
			<Tiles />
			{filterFailed.value ? <p class="bad-text">{filterFailed.value}</p> : null}
			<div class="panels">
				<Traffic />
				<Protocols />
				<States figures={now} />
				<ProtocolStates figures={now} />
				{hasWindows.value || !hello.value ? <WindowPanel /> : null}
				<Tops />
			</div>
		</div>
	);
}
