// SPDX-License-Identifier: BSD-2-Clause
// The Overview: who talks to what right now, then how much, in which states, and since when.

import { useEffect } from "preact/hooks";
import { hasWindows, hello, linkState, summary } from "../../api/state";
import { afterwards } from "../../ui/later";
import { NoAnswer } from "../../ui/notice";
import { WindowPanel } from "../history/window";
import { type Figures, figures, filterFailed, follow } from "./figures";
import { Attention } from "./attention";
import { Protocols, ProtocolStates, States } from "./panels";
import { Talkers } from "./talkers";
import { Tiles } from "./tiles";
import { MoreTops, NowTops } from "./tops";
import { Traffic } from "./traffic";
import { t } from "../../words/t";

const JudgePanel = afterwards((parts) => parts.JudgePanel);

const UNKNOWN: Figures = { state: {}, matrix: {} };

export function OverviewPage() {
	useEffect(follow, []);
	const now = figures.value ?? UNKNOWN;
	if (!summary.value && linkState.value === "waiting") return <NoAnswer />;
	return (
		<div class="overview">
			<h1 class="visually-hidden">{t("word.overview")}</h1>
			<Tiles />
			{filterFailed.value ? <p class="bad-text">{filterFailed.value}</p> : null}
			<Attention />
			<div class="panels">
				<Talkers />
				<NowTops />
				<Traffic />
				<Protocols />
				<States figures={now} />
				<ProtocolStates figures={now} />
				{hasWindows.value || !hello.value ? <WindowPanel /> : null}
				<MoreTops />
				<JudgePanel />
			</div>
		</div>
	);
}
