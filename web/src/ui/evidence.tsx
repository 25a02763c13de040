// SPDX-License-Identifier: BSD-2-Clause
// A link to evidence of the shown period, for who may act; the browser saves it.

import { hello } from "../api/state";
import { type Query, url } from "../api/client";
import { keepsHistory } from "../core/time";
import { period } from "../data/period";
import { t } from "../words/t";
import { Icon } from "./icons";

/** `of`: which flows, as the API is asked. */
export function EvidenceLink({ of }: { of: Query }) {
	if (!keepsHistory.value || !hello.value?.caps.act) return null;
	return (
		<a
			class="button"
			download
			title={t("history.evidenceHelp")}
			href={url("evidence.tar.gz", { ...of, ...period.value })}
		>
			<Icon name="lock" /> {t("history.evidence")}
		</a>
	);
}
