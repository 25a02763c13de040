// SPDX-License-Identifier: BSD-2-Clause
// What the judge is worth: whether its two halves agree here, and what was measured on attacks and
// offices that others labelled, kind by kind and beside what others do.

import type { Health } from "../../api/schema";
import * as fmt from "../../core/format";
import { usePolled } from "../../data/polled";
import { Notice } from "../../ui/notice";
import { t } from "../../words/t";
import { measured } from "./measured";

const POLL_S = 10;

function Measured({ label, head, rows }: { label: string; head: string[]; rows: string[][] }) {
	return (
		<div class="twin" tabIndex={0} role="group" aria-label={label}>
			<table class="small">
				<caption>{label}</caption>
				<thead>
					<tr>
						{head.map((cell) => (
							<th key={cell} scope="col">
								{cell}
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					{rows.map(([first, ...rest]) => (
						<tr key={first}>
							<th scope="row">{first}</th>
							{rest.map((cell, i) => (
								<td key={i}>{cell}</td>
							))}
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}

function Here() {
	const judge = usePolled<Health>("health", {}, POLL_S).data.value?.judge;
	if (!judge) return <div aria-busy="true" />;
	if (!judge.on) return <Notice icon="warn" title={t("worth.off")} />;
	const side = judge.agreement_side;
	return (
		<p class={judge.abstains ? "bad-text" : ""}>
			{side === null
				? t("worth.none")
				: t(judge.abstains ? "worth.unsure" : "worth.agree", {
						share: `${side} %`,
						n: fmt.count(judge.flows),
					})}
		</p>
	);
}

export function Worth() {
	return (
		<div class="worth">
			<Here />
			<p class="faint">{t("worth.help")}</p>
			<Measured label={t("worth.kinds")} {...measured.kinds} />
			<Measured label={t("worth.beside")} {...measured.beside} />
		</div>
	);
}
