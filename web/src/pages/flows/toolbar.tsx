// SPDX-License-Identifier: BSD-2-Clause
// Above the table: what is shown (live or closed, scope, flat or grouped), the four quick
// filters, columns, export, and the acts on everything.

import { signal } from "@preact/signals";
import { summary } from "../../api/state";
import { count, countShort } from "../../core/format";
import { quick } from "../../core/pagefilter";
import { setParams } from "../../core/route";
import { columnsChosen, narrow, wide } from "../../core/settings";
import { liveness } from "../../core/time";
import { Icon } from "../../ui/icons";
import { type MenuItem, showMenu } from "../../ui/menu";
import { confirmFlush, confirmForgetMany, exportHref, whyNoForget } from "./acts";
import { states } from "../../ui/cells";
import { Scopes } from "./scopes";
import {
	allColumns,
	columns,
	groupBy,
	moreGroups,
	usualGroups,
	live,
	scope,
	toggleColumn,
} from "./state";

const filtersOpen = signal(false);

const LIVE: [string, string][] = [
	["live", "Live"],
	["closed", "Closed"],
	["both", "Both"],
];

function Segment({
	label,
	value,
	options,
	onPick,
}: {
	label: string;
	value: string;
	options: [string, string][];
	onPick: (v: string) => void;
}) {
	return (
		<div class="segment" role="group" aria-label={label}>
			{options.map(([key, word]) => (
				<button
					type="button"
					key={key}
					aria-pressed={value === key}
					onClick={() => onPick(key)}
				>
					{word}
				</button>
			))}
		</div>
	);
}

interface PickProps {
	label: string;
	name: string;
	value: string;
	options: [string, string][];
	/** more of them, under names */
	sections?: [string, [string, string][]][];
	onPick: (v: string) => void;
}

const Options = ({ list }: { list: [string, string][] }) =>
	list.map(([key, word]) => (
		<option key={key} value={key}>
			{word}
		</option>
	));

function Pick({ label, name, value, options, sections = [], onPick }: PickProps) {
	const all = [...options, ...sections.flatMap(([, list]) => list)];
	const known = !value || all.some(([key]) => key === value);
	return (
		<label class={`picker${value && name !== "group" && name !== "scope" ? " set" : ""}`}>
			<span>{label}</span>
			<select
				name={name}
				value={value}
				onChange={(event) => onPick(event.currentTarget.value)}
			>
				{known ? null : <option value={value}>{value}</option>}
				<Options list={options} />
				{sections.map(([title, list]) => (
					<optgroup key={title} label={title}>
						<Options list={list} />
					</optgroup>
				))}
			</select>
		</label>
	);
}

/** What there is, most first, then what there may be: closed flows have states of their own. */
function tally(counts: Record<string, number> | undefined, usual: string[]): [string, string][] {
	const there = Object.entries(counts ?? {}).sort((a, b) => b[1] - a[1]);
	const rest = usual.filter((key) => !counts?.[key]);
	return [
		["", "any"],
		...there.map(([key, n]): [string, string] => [key, `${key} (${countShort(n)})`]),
		...rest.map((key): [string, string] => [key, key]),
	];
}

let typing: ReturnType<typeof setTimeout> | undefined;

function TypeIn({
	label,
	name,
	width,
	pattern,
	mode,
}: {
	label: string;
	name: "ip" | "port";
	width: string;
	pattern: RegExp;
	mode: "text" | "numeric";
}) {
	const value = quick.value[name] ?? "";
	return (
		<label class={`picker${value ? " set" : ""}`}>
			<span>{label}</span>
			<input
				type="text"
				name={name}
				inputMode={mode}
				autocomplete="off"
				spellcheck={false}
				placeholder="any"
				value={value}
				style={{ width }}
				onInput={(event) => {
					const input = event.currentTarget;
					const text = input.value.trim();
					const good = text === "" || pattern.test(text);
					input.setAttribute("aria-invalid", String(!good));
					clearTimeout(typing);
					if (good) typing = setTimeout(() => setParams({ [name]: text || null }), 150);
				}}
			/>
		</label>
	);
}

const IP = /^([0-9]{1,3}(\.[0-9]{1,3}){3}(\/\d{1,2})?|[0-9a-f:]*:[0-9a-f:.]*(\/\d{1,3})?)$/i;
const PORT = /^\d{1,5}(-\d{1,5})?$/;

function QuickFilters() {
	const set = (name: string) => (value: string) => setParams({ [name]: value || null });
	return (
		<div class="quick" role="group" aria-label="Quick filters">
			<Pick
				label="Protocol"
				name="proto"
				value={quick.value.proto ?? ""}
				options={tally(summary.value?.by_protocol, [
					"TCP",
					"UDP",
					"ICMP",
					"ICMPV6",
					"SCTP",
				])}
				onPick={set("proto")}
			/>
			<Pick
				label="Status"
				name="state"
				value={quick.value.state ?? ""}
				options={tally(summary.value?.by_state, states.value)}
				onPick={set("state")}
			/>
			<TypeIn label="IP" name="ip" width="9.5em" pattern={IP} mode="text" />
			<TypeIn label="Port" name="port" width="5em" pattern={PORT} mode="numeric" />
		</div>
	);
}

function moreItems(): MenuItem[] {
	const kinds = ["csv", "json", "ndjson"] as const;
	return [
		...kinds.map((kind): MenuItem => ({
			label: `Export ${kind.toUpperCase()}`,
			icon: "export",
			hint: "all that match",
			download: true,
			href: exportHref(kind, live.value, scope.value),
		})),
		{
			label: "Delete what matches…",
			icon: "trash",
			danger: true,
			apart: true,
			disabled: whyNoForget(),
			run: () => confirmForgetMany(scope.value),
		},
		{
			label: "Delete all connections…",
			icon: "trash",
			danger: true,
			disabled: whyNoForget(),
			run: confirmFlush,
		},
	];
}

function columnItems(): MenuItem[] {
	const chosen = new Set(columns.value.map((c) => c.key));
	return [
		...allColumns.value.map((c): MenuItem => ({
			label: c.title,
			section: c.section,
			checked: chosen.has(c.key),
			stay: true,
			run: () => toggleColumn(c.key),
		})),
		{
			label: "Back to the usual ones",
			apart: true,
			run: () => {
				columnsChosen.value = null;
			},
		},
	];
}

function GroupPick() {
	return (
		<Pick
			label="Group"
			name="group"
			value={groupBy.value}
			options={[["", "none"], ...usualGroups.value]}
			sections={moreGroups.value}
			onPick={(v) => setParams({ group: v || null, open: null })}
		/>
	);
}

export function Toolbar({ flows }: { flows: number | null }) {
	const phone = narrow.value;
	const active = Object.values(quick.value).filter(Boolean).length;
	return (
		<div class="toolbar">
			<div class="toolbar-row">
				<h1>
					{live.value === "live"
						? "Live connections"
						: live.value === "closed"
							? "Closed connections"
							: "Connections"}{" "}
					<span class="badge" title="Connections that match">
						{flows === null ? "…" : count(flows)}
					</span>
				</h1>
				<Segment
					label="Which flows"
					value={live.value}
					options={LIVE}
					onPick={(v) => setParams({ live: v === liveness.value ? null : v })}
				/>
				{wide.value ? <Scopes wide /> : <GroupPick />}
				<span class="spring" />
				{phone ? (
					<button
						type="button"
						class="icon-text tail"
						aria-label={active ? `Filters, ${active} set` : "Filters"}
						aria-expanded={filtersOpen.value}
						onClick={() => {
							filtersOpen.value = !filtersOpen.value;
						}}
					>
						<Icon name="filter" />
						{active ? <span>{active}</span> : null}
					</button>
				) : (
					<button
						type="button"
						class="icon-text columns-button"
						aria-haspopup="menu"
						aria-label="Columns"
						title="Columns"
						onClick={(event) => showMenu(event.currentTarget, "Columns", columnItems)}
					>
						<Icon name="columns" />
						<span>Columns</span>
					</button>
				)}
				<button
					type="button"
					class="icon-only tail"
					aria-haspopup="menu"
					aria-label="Export and more"
					title="Export and more"
					onClick={(event) => showMenu(event.currentTarget, "More", moreItems)}
				>
					<Icon name="more" />
				</button>
			</div>
			{!phone || filtersOpen.value ? (
				<div class="toolbar-row">
					<QuickFilters />
					{wide.value ? <GroupPick /> : <Scopes wide={false} />}
				</div>
			) : null}
		</div>
	);
}
