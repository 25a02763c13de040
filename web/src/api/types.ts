// SPDX-License-Identifier: BSD-2-Clause
// The API's types: those of its schemas are made of its description, here is only what has none.

import type {
	Fields,
	FlowList,
	Interface,
	LogLine,
	Search,
	Summary,
	View,
	Window,
	WindowStart,
} from "./schema";

export type {
	Aggregate,
	Conntrack,
	Database,
	Device,
	DeviceDetail,
	DeviceLabel,
	Devices,
	Done,
	Ends,
	Flow,
	FlowName,
	Group,
	Health,
	FleetDoor,
	FleetGroup,
	FleetLive,
	FleetSensor,
	FleetSensors,
	FleetSeries,
	HistoryHeat,
	HistoryItem,
	HistoryTop,
	HostDetail,
	HostTotals,
	ListFile,
	Listener,
	LogLine,
	Matrix,
	NetDevice,
	Problem,
	ProcessTotals,
	Quality,
	QualityPath,
	Sankey,
	Search,
	Session,
	Summary,
	Totals,
	Window,
	WindowStart,
} from "./schema";

/** A cell of a row. */
export type Value = string | number | boolean | null | string[];

export type Field = Fields["items"][number];

export type List<T> = Omit<FlowList, "items"> & { items: T[] };

/** What is new to hosts. */
export interface NewDestinations {
	learn_s: number;
	items: {
		time: string;
		src: { ip: string; host: string | null };
		dst: { ip: string; host: string | null };
	}[];
}

export interface Series {
	step_s: number;
	start: string;
	series: { key: string; values: (number | null)[] }[];
}

// --- the stream ---

export type ViewBody = Required<Omit<View, "q">>;

export interface Hello {
	sid: string;
	boot_id: string;
	version: string;
	interval_ms: number;
	server_time: string;
	interfaces: Interface[];
	/** conntrack: true, or why there is none; series, windows, history: the server keeps them */
	caps: {
		conntrack: true | string;
		act: boolean;
		series: boolean;
		windows: boolean;
		history?: boolean;
	};
}

export interface RowsEvent {
	view: string;
	e: number;
	reset: boolean;
	total: number;
	matched: number;
	totals?: FlowList["totals"];
	/** of the past: how far it was looked for */
	search?: Search;
	off?: number;
	ids?: string[];
	new?: Record<string, Value[]>;
	set?: [number, number, Value][];
	stats?: { new: number; moved: number };
}

/** Bodies of the stream's events, by name. */
export interface Events {
	hello: Hello;
	summary: Summary;
	rows: RowsEvent;
	log: LogLine;
	batch_start: WindowStart;
	batch_results: Window;
	batch_history: { items: Window[] };
}
