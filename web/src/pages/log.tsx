// SPDX-License-Identifier: BSD-2-Clause
// The log: what the system did and what was asked of it, newest first.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask, reason } from "../api/client";
import { hello, logLines } from "../api/state";
import type { LogLine } from "../api/types";
import { download } from "../core/csv";
import * as fmt from "../core/format";
import { param, setParams } from "../core/route";
import { safe } from "../core/text";
import { Notice } from "../ui/notice";
import { Icon, type IconName } from "../ui/icons";
import { t } from "../words/t";
import { ActLines, countActs, saveActs } from "./acts";

const older = signal<LogLine[]>([]);
const failed = signal<string | null>(null);
const level = param("level", "");
const component = param("component", "");
const show = param("show", "");

const LEVELS: Record<string, { icon: IconName; kind: string; rank: number }> = {
	debug: { icon: "info", kind: "faint", rank: 0 },
	info: { icon: "info", kind: "info", rank: 1 },
	notice: { icon: "info", kind: "info", rank: 1 },
	warning: { icon: "warn", kind: "warn", rank: 2 },
	warn: { icon: "warn", kind: "warn", rank: 2 },
	error: { icon: "warn", kind: "bad", rank: 3 },
};

async function load(): Promise<void> {
	try {
		older.value = (await ask<{ items: LogLine[] }>("log")).items;
		failed.value = null;
	} catch (error) {
		failed.value = reason(error);
	}
}

function lines(): LogLine[] {
	const bySeq = new Map<number, LogLine>();
	for (const line of [...older.value, ...logLines.value]) bySeq.set(line.seq, line);
	return [...bySeq.values()].sort((a, b) => b.seq - a.seq);
}

function save(shown: LogLine[]): void {
	const text = [...shown]
		.reverse()
		.map((l) => `${l.time} ${l.level} ${l.component}: ${l.message}`)
		.join("\n");
	download("flowbpf.log", "text/plain", `${text}\n`);
}

function Line({ line }: { line: LogLine }) {
	const known = LEVELS[line.level] ?? LEVELS.info!;
	return (
		<li class={`log-line ${known.kind}`}>
			<time class="mono" dateTime={line.time} title={fmt.fullTime(line.time)}>
				{fmt.clock(line.time)}
			</time>
			<span class="log-level">
				<Icon name={known.icon} size={14} />
				<bdi>{line.level}</bdi>
			</span>
			<bdi class="log-part">{safe(line.component)}</bdi>
			<span class="log-text">{safe(line.message)}</span>
		</li>
	);
}

function Pickers({ parts }: { parts: string[] }) {
	return (
		<>
			<label class="picker">
				<span>{t("log.atLeast")}</span>
				<select
					value={level.value}
					onChange={(event) => setParams({ level: event.currentTarget.value || null })}
				>
					<option value="">{t("log.all")}</option>
					<option value="info">info</option>
					<option value="warning">warning</option>
					<option value="error">error</option>
				</select>
			</label>
			<label class="picker">
				<span>{t("log.component")}</span>
				<select
					value={component.value}
					onChange={(event) =>
						setParams({ component: event.currentTarget.value || null })
					}
				>
					<option value="">{t("log.all")}</option>
					{parts.map((p) => (
						<option key={p} value={p}>
							{safe(p)}
						</option>
					))}
				</select>
			</label>
		</>
	);
}

function Lines({ shown, any }: { shown: LogLine[]; any: boolean }) {
	return failed.value && !any ? (
		<Notice icon="warn" title={t("log.cannotRead")}>
			<p>{failed.value}</p>
		</Notice>
	) : shown.length ? (
		<ol class="log" tabIndex={0} aria-label={t("log.newestFirst")}>
			{shown.map((line) => (
				<Line key={line.seq} line={line} />
			))}
		</ol>
	) : (
		<Notice icon="log" title={t("log.nothing")}>
			<p>{any ? t("log.noLine") : t("log.nothingYet")}</p>
		</Notice>
	);
}

export function LogPage() {
	const acts = show.value === "acts";
	useEffect(() => void load(), [hello.value?.sid]);
	const all = lines();
	const least = level.value ? (LEVELS[level.value]?.rank ?? 0) : 0;
	const shown = all.filter(
		(l) =>
			(LEVELS[l.level]?.rank ?? 1) >= least &&
			(!component.value || l.component === component.value),
	);
	const parts = [...new Set(all.map((l) => l.component))].sort();
	return (
		<div class="listing">
			<div class="toolbar-row listing-head">
				<h1>
					{t("log.log")}{" "}
					<span class="badge">{fmt.count(acts ? countActs() : shown.length)}</span>
				</h1>
				<label class="picker">
					<span>{t("log.show")}</span>
					<select
						value={show.value}
						onChange={(event) => setParams({ show: event.currentTarget.value || null })}
					>
						<option value="">{t("log.lines")}</option>
						<option value="acts">{t("log.acts")}</option>
					</select>
				</label>
				{acts ? null : <Pickers parts={parts} />}
				<span class="spring" />
				<button
					type="button"
					class="icon-text"
					disabled={acts ? !countActs() : !shown.length}
					onClick={() => (acts ? saveActs() : save(shown))}
				>
					<Icon name="export" />
					{t("log.download")}
				</button>
			</div>
			{acts ? <ActLines /> : <Lines shown={shown} any={all.length > 0} />}
		</div>
	);
}
