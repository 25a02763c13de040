// SPDX-License-Identifier: BSD-2-Clause
// The ring of the window that is filling, beside the last ones as bars.

import { useEffect, useRef } from "preact/hooks";
import { hello } from "../../api/state";
import * as fmt from "../../core/format";
import { href } from "../../core/route";
import type { Window } from "../../api/types";
import { units } from "../../core/settings";
import { Panel, type Table } from "../../ui/panel";
import { filling, loadWindows, windows } from "./state";
import { listed, t } from "../../words/t";

const R = 30;
const ROUND = 2 * Math.PI * R;
const SHOWN = 18;

export function Ring() {
	const now = filling.value;
	const words = now
		? t("history.windowSLeft", { id: String(now.id), left: now.left })
		: t("history.noWindowYet");
	return (
		<div class="ring-box">
			<svg viewBox="0 0 76 76" width="84" height="84" role="img" aria-label={words}>
				<circle class="ring-bg" cx="38" cy="38" r={R} />
				<circle
					class="ring-part"
					cx="38"
					cy="38"
					r={R}
					stroke-dasharray={`${(now?.part ?? 0) * ROUND} ${ROUND}`}
				/>
			</svg>
			<div class="ring-text">
				<strong>{now ? `${now.left} s` : fmt.NONE}</strong>
				<span>{now ? t("history.left") : ""}</span>
			</div>
		</div>
	);
}

const words = (w: Window) =>
	listed(
		t("history.windowSums", {
			id: String(w.id),
			time: fmt.clock(w.end),
			n: w.traffic.total_flows,
			external: w.traffic.external_flows,
		}),
		w.losses > 0 && t("history.lostToo", { n: w.losses }),
	);

/** Heights by flows; external above, local below. */
export function WindowBars({
	list,
	chosen,
	onPick,
}: {
	list: Window[];
	chosen?: number | null;
	onPick?: (id: number) => void;
}) {
	const most = Math.max(...list.map((w) => w.traffic.total_flows), 1);
	const box = useRef<HTMLDivElement>(null);
	const newest = list[list.length - 1]?.id;
	useEffect(() => {
		if (box.current) box.current.scrollLeft = box.current.scrollWidth;
	}, [newest]);
	return (
		<div
			ref={box}
			class={`window-bars${onPick ? " pick" : ""}`}
			{...(onPick
				? { tabIndex: 0, role: "group", "aria-label": t("history.windowsNewestRight") }
				: {})}
		>
			{list.map((w) => {
				const inner = (
					<>
						<i
							class="external"
							style={{ height: `${(100 * w.traffic.external_flows) / most}%` }}
						/>
						<i
							class="local"
							style={{
								height: `${(100 * w.traffic.local_flows) / most}%`,
							}}
						/>
						{w.losses ? <b aria-hidden="true">!</b> : null}
					</>
				);
				return onPick ? (
					<button
						type="button"
						key={w.id}
						class="window-bar"
						aria-pressed={chosen === w.id}
						title={words(w)}
						aria-label={words(w)}
						onClick={() => onPick(w.id)}
					>
						{inner}
					</button>
				) : (
					<span
						key={w.id}
						class="window-bar"
						role="img"
						title={words(w)}
						aria-label={words(w)}
					>
						{inner}
					</span>
				);
			})}
		</div>
	);
}

export const PROTOCOLS = ["tcp", "udp", "icmp", "other"] as const;

export function windowTable(list: Window[]): Table {
	return {
		head: [
			t("history.window"),
			t("history.ended"),
			t("word.flows"),
			"TCP",
			"UDP",
			"ICMP",
			t("history.other"),
			t("word.external"),
			t("history.externalPercent"),
			t("word.up"),
			t("word.down"),
			t("history.newHosts"),
			t("history.gone"),
			t("word.lost"),
			t("history.madeIn"),
		],
		rows: [...list].reverse().map((w) => ({
			key: String(w.id),
			label: `#${w.id}`,
			cells: [
				fmt.clock(w.end),
				fmt.count(w.traffic.total_flows),
				...PROTOCOLS.map((name) => fmt.count(w.protocols[name])),
				fmt.count(w.traffic.external_flows),
				fmt.percent(w.traffic.external_ratio, 100),
				fmt.bytes(w.bytes.up, units.value),
				fmt.bytes(w.bytes.down, units.value),
				fmt.count(w.new_hosts_total),
				fmt.count(w.gone_hosts_total),
				fmt.count(w.losses),
				`${w.processing_ms} ms`,
			],
			exact: [
				w.end,
				w.traffic.total_flows,
				...PROTOCOLS.map((name) => w.protocols[name]),
				w.traffic.external_flows,
				w.traffic.external_ratio,
				w.bytes.up,
				w.bytes.down,
				w.new_hosts_total,
				w.gone_hosts_total,
				w.losses,
				w.processing_ms,
			],
		})),
	};
}

export function WindowPanel() {
	useEffect(() => void loadWindows(), [hello.value?.boot_id]);
	const list = windows.value.slice(-SHOWN);
	const last = list[list.length - 1];
	const now = filling.value;
	return (
		<Panel
			title={now ? t("history.windowN", { id: String(now.id) }) : t("history.windows")}
			help={t("history.windowHelp")}
			area="a-window"
			table={() => windowTable(list)}
		>
			<div class="window-panel">
				<Ring />
				<div class="window-side">
					<WindowBars list={list} />
					<p class="faint">
						{last
							? listed(
									t("history.lastWindow", {
										n: last.traffic.total_flows,
										percent: fmt.percent(last.traffic.external_ratio, 100),
									}),
									last.losses > 0 && t("history.lostToo", { n: last.losses }),
								)
							: t("history.firstWindowCloses")}{" "}
						<a href={href("/history")}>{t("word.history")}</a>
					</p>
				</div>
			</div>
		</Panel>
	);
}
