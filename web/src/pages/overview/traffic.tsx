// SPDX-License-Identifier: BSD-2-Clause
// The bandwidth chart with its range: five live minutes a second each, or longer from the
// server's series.

import { effect, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask } from "../../api/client";
import { hasSeries, now, paused } from "../../api/live";
import type { Series } from "../../api/types";
import { Bandwidth, type RateData } from "../../charts/bandwidth";
import * as fmt from "../../lib/format";
import { points, tick } from "../../lib/history";
import { param, setParams } from "../../lib/route";
import { narrow, units } from "../../lib/settings";
import { Panel, Twin } from "../../ui/panel";
import { RangePicker } from "../../ui/range";

const LIVE_SECONDS = 300;
const range = param("range", "live");
const older = signal<RateData | null>(null);
const live = signal<RateData>({ t: [], up: [], down: [] });
const brush = signal<[number, number] | null>(null);

function fromPoints(): RateData {
	const shown = points.slice(-LIVE_SECONDS);
	return { t: shown.map((p) => p.t / 1000), up: shown.map((p) => p.up), down: shown.map((p) => p.down) };
}

export function fromSeries(s: Series): RateData {
	const start = Date.parse(s.start) / 1000;
	const line = (key: string) => s.series.find((one) => one.key === key)?.values ?? [];
	const [up, down] = [line("up"), line("down")];
	return { t: Array.from({ length: Math.max(up.length, down.length) }, (_, i) => start + i * s.step_s), up, down };
}

async function load(which: string): Promise<void> {
	try {
		const data = fromSeries(await ask<Series>("series", { query: { metric: "rate", range: which } }));
		if (range.peek() === which) older.value = data;
	} catch {
		older.value = null;
	}
}

function useData(): RateData {
	useEffect(
		() => effect(() => {
			tick.value;
			if (!paused.value) live.value = fromPoints();
		}),
		[],
	);
	const which = hasSeries.value ? range.value : "live";
	const slow = Math.floor(now.value / 10_000);
	useEffect(() => {
		if (which === "live") older.value = null;
		else void load(which);
	}, [which, slow]);
	return which !== "live" && older.value ? older.value : live.value;
}

const most = (values: (number | null)[]) => Math.max(0, ...values.map((v) => v ?? 0));

function cut(data: RateData, between: [number, number] | null): RateData {
	if (!between) return data;
	const keep = (_: unknown, i: number) => data.t[i]! >= between[0] && data.t[i]! <= between[1];
	return { t: data.t.filter(keep), up: data.up.filter(keep), down: data.down.filter(keep) };
}

function twinRows(data: RateData) {
	const step = Math.max(1, Math.floor(data.t.length / 30));
	return data.t.map((t, i) => ({ t, up: data.up[i] ?? null, down: data.down[i] ?? null })).filter((_, i) => i % step === 0).reverse()
		.map((p) => ({ key: String(p.t), label: fmt.clock(p.t * 1000), cells: [fmt.rate(p.up, units.value), fmt.rate(p.down, units.value)] }));
}

export function Traffic() {
	const whole = useData();
	const data = cut(whole, brush.value);
	const peak = `Peak ↑ ${fmt.rate(most(data.up), units.value)}, ↓ ${fmt.rate(most(data.down), units.value)}`;
	return (
		<Panel
			title="Bandwidth" help="IP bytes each way; upload above, download below. Drag to look closer." area="a-traffic"
			controls={
				<>
					{brush.value ? (
						<button type="button" class="chip" aria-label="Show the whole time" onClick={() => { brush.value = null; }}>{fmt.clock(brush.value[0] * 1000)} – {fmt.clock(brush.value[1] * 1000)} ✕</button>
					) : <span class="faint panel-note">{peak}</span>}
					{hasSeries.value ? <RangePicker value={range.value} onPick={(v) => { brush.value = null; setParams({ range: v === "live" ? null : v }); }} /> : null}
				</>
			}
			table={() => <Twin caption="Rates over time" head={["Time", "Upload", "Download"]} rows={twinRows(data)} />}
		>
			<Bandwidth data={data} height={narrow.value ? 170 : 220} label={`Bandwidth. ${peak}`} onBrush={(a, b) => { brush.value = [a, b]; }} />
		</Panel>
	);
}
