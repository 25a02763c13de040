// SPDX-License-Identifier: BSD-2-Clause
// The ten-second windows: one shape for what the stream's events and the list say of them. Pure.

export interface WindowRecord {
	id: number;
	ended: string | null;
	flows: number;
	external: number;
	local: number;
	/** 0..100 */
	ratio: number | null;
	up: number | null;
	down: number | null;
	fresh: string[];
	gone: string[];
	freshCount: number | null;
	goneCount: number | null;
	lost: number | null;
}

type Loose = Record<string, unknown>;

const object = (value: unknown): Loose =>
	value && typeof value === "object" && !Array.isArray(value) ? (value as Loose) : {};
const number = (...values: unknown[]): number | null =>
	(values.find((v) => typeof v === "number") as number | undefined) ?? null;
const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

function lossOf(value: unknown): number | null {
	if (typeof value === "number") return value;
	const parts = Object.entries(object(value)).filter(
		([name, n]) => typeof n === "number" && name !== "non_ip",
	);
	return parts.length ? parts.reduce((sum, [, n]) => sum + (n as number), 0) : null;
}

export function windowFrom(raw: Loose): WindowRecord | null {
	const traffic = object(raw.traffic);
	const bytes = object(raw.bytes ?? traffic.bytes);
	const id = number(raw.id, raw.batch_id);
	if (id === null) return null;
	const external = number(traffic.external_flows, raw.external_flows, raw.external) ?? 0;
	const flows = number(traffic.total_flows, raw.total_flows, raw.flows) ?? 0;
	const fresh = raw.new_hosts;
	const gone = raw.gone_hosts;
	return {
		id,
		flows,
		external,
		ended: (raw.completion_time ?? raw.ended ?? raw.end ?? raw.ended_at ?? null) as
			string | null,
		local:
			number(traffic.local_flows, raw.local_flows, raw.internal_flows, raw.internal) ??
			flows - external,
		ratio:
			number(traffic.external_ratio, raw.external_ratio) ??
			(flows ? (100 * external) / flows : null),
		up: number(bytes.up),
		down: number(bytes.down),
		fresh: strings(fresh),
		gone: strings(gone),
		freshCount: number(raw.new_hosts_total, fresh) ?? strings(fresh).length,
		goneCount: number(raw.gone_hosts_total, gone) ?? strings(gone).length,
		lost: lossOf(raw.losses),
	};
}

/** Newest last, each id once. */
export function mergeWindows(...lists: WindowRecord[][]): WindowRecord[] {
	const byId = new Map<number, WindowRecord>();
	for (const list of lists) for (const one of list) byId.set(one.id, one);
	return [...byId.values()].sort((a, b) => a.id - b.id);
}
