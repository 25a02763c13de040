// SPDX-License-Identifier: BSD-2-Clause
// Processes: the programs of this machine that talk, and the sockets that wait for others.

import { param, setParams } from "../../core/route";
import { type Choices, Segment } from "../../ui/segment";
import { Listening } from "./listening";
import { Talking } from "./talking";
import { t } from "../../words/t";

const view = param("view", "talking");

const VIEWS: Choices<string> = [
	["talking", t("processes.talking"), t("processes.talkingHelp")],
	["listening", t("processes.listening"), t("processes.listeningHelp")],
];

export function ProcessesPage() {
	const head = (
		<>
			<h1>{t("processes.title")}</h1>
			<Segment
				label={t("processes.title")}
				value={view.value}
				options={VIEWS}
				onPick={(key) =>
					setParams({ view: key === "talking" ? null : key, sort: null }, true)
				}
			/>
		</>
	);
	return (
		<div class="listing">
			{view.value === "listening" ? <Listening head={head} /> : <Talking head={head} />}
		</div>
	);
}
