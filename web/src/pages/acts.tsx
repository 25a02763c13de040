// SPDX-License-Identifier: BSD-2-Clause
// The acts: who asked for what, why, and what came of it, newest first, as the record has them.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask, reason } from "../api/client";
import type { Act, Acts } from "../api/schema";
import { hello, logLines } from "../api/state";
import { download } from "../core/csv";
import * as fmt from "../core/format";
import { safe } from "../core/text";
import { Icon } from "../ui/icons";
import { Notice } from "../ui/notice";
import { listed, t } from "../words/t";

/** an act stands in the log at once, and on record when the disk has it */
const SETTLE_MS = 500;

const acts = signal<Acts | null>(null);
const failed = signal<string | null>(null);

async function load(): Promise<void> {
	try {
		acts.value = await ask<Acts>("audit");
		failed.value = null;
	} catch (error) {
		failed.value = reason(error);
	}
}

export const countActs = () => acts.value?.items.length ?? 0;

export function saveActs(): void {
	const text = (acts.value?.items ?? []).map((act) => JSON.stringify(act)).join("\n");
	download("flowbpf-acts.ndjson", "application/x-ndjson", `${text}\n`);
}

const who = (act: Act) =>
	listed(act.user && safe(act.user), act.peer && safe(act.peer), act.by && safe(act.by));

function Line({ act }: { act: Act }) {
	const kind = !act.ok ? "warn" : act.dry_run ? "faint" : "info";
	return (
		<li class={`log-line ${kind}`}>
			<time class="mono" dateTime={act.time} title={fmt.fullTime(act.time)}>
				{fmt.clock(act.time)}
			</time>
			<span class="log-level">
				<Icon name={act.ok ? "info" : "warn"} size={14} />
				{safe(act.act)}
			</span>
			<span class="log-part" title={who(act)}>
				{who(act)}
			</span>
			<span class="log-text">
				{act.target ? `${safe(act.target)}: ` : ""}
				{safe(act.result)}
				{act.reason ? ` — ${safe(act.reason)}` : ""}
			</span>
		</li>
	);
}

export function ActLines() {
	const told = logLines.value.filter((line) => line.component === "act").length;
	useEffect(() => {
		void load();
		const later = setTimeout(() => void load(), SETTLE_MS);
		return () => clearTimeout(later);
	}, [hello.value?.sid, told]);
	const now = acts.value;
	if (!now)
		return failed.value ? (
			<Notice icon="warn" title={t("log.cannotReadActs")}>
				<p>{failed.value}</p>
			</Notice>
		) : null;
	const caution = now.failing
		? t("log.actsNotWritten", { error: now.failing })
		: now.kept
			? null
			: t("log.actsInMemory");
	return (
		<>
			{caution ? (
				<p class="log-caution" role="status">
					{caution}
				</p>
			) : null}
			{now.items.length ? (
				<ol class="log" tabIndex={0} aria-label={t("log.actsNewestFirst")}>
					{[...now.items].reverse().map((act) => (
						<Line key={act.seq} act={act} />
					))}
				</ol>
			) : (
				<Notice icon="log" title={t("log.nothing")}>
					<p>{t("log.noActs")}</p>
				</Notice>
			)}
		</>
	);
}
