// SPDX-License-Identifier: BSD-2-Clause
// The API's types, as the server writes them. Nothing else in the page describes them.

export type Value = string | number | boolean | null | string[] | { [key: string]: Value };

export interface Pair {
	up: number;
	down: number;
}

export interface Field {
	name: string;
	label: string;
	type:
		| "id"
		| "ip"
		| "port"
		| "text"
		| "enum"
		| "int"
		| "bytes"
		| "packets"
		| "rate"
		| "duration"
		| "time"
		| "bool";
	unit: string | null;
	align: string;
	sortable: boolean;
	filterable: boolean;
	group: boolean;
	default: boolean;
	help: string;
}

export interface End {
	ip: string;
	port: number | null;
	host: string | null;
	host_from?: string | null;
	iface?: string | null;
}

export interface FlowName {
	name: string;
	unicode?: string | null;
	source: string;
	age_s?: number;
	flags?: string[];
}

export interface Flow {
	id: string;
	proto: string;
	l7?: string | null;
	service: string | null;
	family: number;
	direction: string | null;
	scope: string | null;
	src: End;
	dst: End;
	nat: { kind: string | null; src: string | null; dst: string | null } | null;
	tls?: {
		sni?: string | null;
		alpn?: string[] | null;
		version?: string | null;
		ja4?: string | null;
		ech?: Value;
		groups?: string[];
		pq?: boolean | null;
		group?: string | null;
		cipher?: string | null;
	} | null;
	conntrack: {
		id: string | null;
		state: string | null;
		flags: string[] | null;
		timeout_s: number | null;
		mark: number | null;
		zone: number | null;
	} | null;
	tcp: { flags_up: string; flags_down: string } | null;
	state?: string | null;
	bytes: Pair;
	packets: Pair;
	rate_bps: Pair;
	pps?: Value;
	rtt_ms?: number | null;
	ifaces?: { name: string; packets: Pair; bytes: Pair }[];
	names?: FlowName[];
	name_flags?: string[];
	partial?: boolean;
	first_seen: string;
	last_seen: string;
	duration_ms: number;
	closed: { reason: string; at: string } | null;
}

export interface Totals {
	flows: number;
	bytes: Pair;
	packets?: Pair;
	rate_bps: Pair;
	hosts?: number;
}

export interface Page {
	total: number;
	matched: number;
	limit: number;
	offset: number;
	next: string | null;
	prev: string | null;
}

export interface List<T> {
	items: T[];
	page: Page;
	totals: Totals;
	as_of: string;
	epoch: number;
}

export interface Group {
	key: string;
	field: string;
	label: string | null;
	flows: number;
	active: number;
	closed: number;
	bytes: Pair;
	packets: Pair;
	rate_bps: Pair;
	services: string[];
	hosts: number;
	first_seen: string;
	last_seen: string;
}

export interface TopHost {
	ip: string;
	host: string | null;
	count: number;
	bytes: number;
}

export interface TopPort {
	port: number;
	service: string | null;
	count: number;
	bytes: number;
}

export interface TopName {
	name: string;
	count: number;
	bytes: number;
}

export interface InterfaceStatus {
	name: string;
	ifindex: number;
	hook: string;
	state: string;
	reason?: string | null;
	rate_bps?: { rx: number; tx: number };
	packets?: { rx: number; tx: number };
	bytes?: { rx: number; tx: number };
}

export interface ConntrackStatus {
	available: boolean;
	reason: string | null;
	entries: number | null;
	max: number | null;
	overruns: number;
	resyncs: number;
}

export interface Summary {
	active_flows: number;
	closed_flows: number;
	new_per_s: number;
	rate_bps: Pair;
	pps: Pair | number;
	bytes_total: Pair | number;
	by_protocol: Record<string, number>;
	by_state: Record<string, number>;
	top_sources: TopHost[];
	top_destinations: TopHost[];
	top_ports: TopPort[];
	top_names: TopName[];
	protocol_state: Record<string, Record<string, number>>;
	conntrack: ConntrackStatus;
	interfaces: InterfaceStatus[];
	losses: Record<string, number>;
	as_of: string;
	epoch: number;
	server_time?: string;
}

export interface Health {
	status: "ok" | "degraded" | "down";
	reasons: string[];
	counters: Record<string, { value: number; help: string; loss?: boolean }>;
	maps: Record<string, { used: number; max: number }>;
	interfaces: InterfaceStatus[];
	programs?: { name: string; id: number; runs: number; ns_per_run: number | null }[];
	ring?: { bytes: number; lost: number };
	conntrack?: Record<string, Value>;
	tick?: { last_us: number; p50_us: number; p99_us: number };
	version: string;
	kernel: string;
	uptime_s: number;
	pid: number;
	uid: number;
}

export interface Session {
	role: "viewer" | "operator" | null;
	login_required: boolean;
	secure: boolean;
}

export interface LogLine {
	seq: number;
	time: string;
	level: string;
	component: string;
	message: string;
	/** of an act: who, what, from where, why, with what result */
	fields?: Record<string, string>;
}

export interface HostRow {
	ip: string;
	names?: string[] | FlowName[];
	host?: string | null;
	scope?: string | null;
	flows?: number;
	active?: number;
	closed?: number;
	peers?: number;
	bytes?: Pair;
	rate_bps?: Pair;
	first_seen?: string;
	last_seen?: string;
	[key: string]: unknown;
}

export interface Sankey {
	nodes: { key: string | null; dim: string; layer: number; other: boolean; value: number }[];
	/** numbers of nodes */
	links: { source: number; target: number; value: number }[];
}

export interface Series {
	step_s: number;
	start: string;
	series: { key: string; values: (number | null)[] }[];
}

export interface Aggregate {
	items: {
		key: string;
		count: number;
		bytes: number;
		rate_bps?: number | Pair;
		label?: string | null;
	}[];
	total: number;
}

export interface Problem {
	type: string;
	title: string;
	status: number;
	detail?: string;
	code?: string;
	hint?: string;
	errors?: {
		parameter?: string;
		pointer?: string;
		offset?: number;
		length?: number;
		detail: string;
		suggestions?: string[];
	}[];
}

export interface Completion {
	items: { text: string; kind: string; help: string | null }[];
	start: number;
	end: number;
}

// --- the stream ---

export interface Hello {
	sid: string;
	boot_id: string;
	version: string;
	interval_ms: number;
	server_time: string;
	interfaces: string[] | { name: string }[];
	/** series and windows: the server keeps them (absent: it does not) */
	caps: { conntrack: true | string; act: boolean; series?: boolean; windows?: boolean };
}

export interface ViewBody {
	view: string;
	filter: string;
	live: "live" | "closed" | "both";
	scope: string;
	group_by: string | null;
	sort: string;
	columns: string[];
	offset: number;
	limit: number;
	hold: boolean;
}

export interface RowsEvent {
	view: string;
	e: number;
	reset: boolean;
	total: number;
	matched: number;
	totals?: Totals;
	off?: number;
	ids?: string[];
	new?: Record<string, Value[]>;
	set?: [number, number, Value][];
	stats?: { new: number; moved: number };
}
