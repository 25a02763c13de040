// SPDX-License-Identifier: BSD-2-Clause
// What is held back for a while: about what, until when, by whom and why; and an end to it.

import * as fmt from "../../core/format";
import { safe } from "../../core/text";
import { whyNoAct } from "../../data/rules";
import { perform } from "../../ui/perform";
import { t } from "../../words/t";

export interface Silence {
	id: string;
	what: string;
	/** null: for good */
	until: string | null;
	by: string;
	reason: string;
	end: () => Promise<unknown>;
}

const said = ({ until, by, reason }: Silence): string =>
	[
		until === null ? t("acts.forGood") : t("alerts.until", { time: fmt.fullTime(until) }),
		by,
		reason,
	]
		.filter(Boolean)
		.join(" · ");

export function Silences({ list }: { list: Silence[] }) {
	if (!list.length) return null;
	return (
		<section class="silences">
			<h2>{t("alerts.silences")}</h2>
			<ul>
				{list.map((one) => (
					<li key={one.id}>
						<strong>{safe(one.what)}</strong>{" "}
						<span class="faint">{safe(said(one))}</span>
						{whyNoAct() === null ? (
							<button
								type="button"
								onClick={() => void perform(one.end, t("alerts.spoken"))}
							>
								{t("alerts.endSilence")}
							</button>
						) : null}
					</li>
				))}
			</ul>
		</section>
	);
}
