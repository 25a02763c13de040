// SPDX-License-Identifier: BSD-2-Clause
// What narrows and arranges the table: live or closed, grouped, the four quick filters.

import { useEffect, useMemo, useRef } from "preact/hooks";
import { summary } from "../../api/state";
import { countShort } from "../../core/format";
import { quick } from "../../core/pagefilter";
import { setParams } from "../../core/route";
import { liveness } from "../../core/time";
import { states, written } from "../../ui/cells";
import { Options } from "../../ui/options";
import { Segment } from "../../ui/segment";
import { levels, live, moreGroups, usualGroups } from "./state";
import { t } from "../../words/t";

const LIVE: [string, string][] = [
	["live", t("word.live")],
	["closed", t("flows.closed")],
	["both", t("flows.both")],
];

interface PickProps {
	label: string;
	name: string;
	value: string;
	options: [string, string][];
	/** more of them, under names */
	sections?: [string, [string, string][]][];
	onPick: (v: string) => void;
}

export function Pick({ label, name, value, options, sections = [], onPick }: PickProps) {
	const all = [...options, ...sections.flatMap(([, list]) => list)];
	const known = !value || all.some(([key]) => key === value);
	const narrows = name === "proto" || name === "state";
	return (
		<label class={`picker${value && narrows ? " set" : ""}`}>
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
function tally(
	name: string,
	counts: Record<string, number> | undefined,
	usual: string[],
): [string, string][] {
	const there = Object.entries(counts ?? {}).sort((a, b) => b[1] - a[1]);
	const rest = usual.filter((key) => !counts?.[key]);
	return [
		["", t("flows.any")],
		...there.map(([key, n]): [string, string] => [
			key,
			`${written(name, key)} (${countShort(n)})`,
		]),
		...rest.map((key): [string, string] => [key, written(name, key)]),
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
	const ref = useRef<HTMLInputElement>(null);
	const first = useMemo(() => value, []);
	useEffect(() => {
		// nobody but the user writes a box that has the focus
		const box = ref.current;
		if (box && document.activeElement !== box) box.value = value;
	}, [value]);
	return (
		<label class={`picker${value ? " set" : ""}`}>
			<span>{label}</span>
			<input
				ref={ref}
				type="text"
				name={name}
				inputMode={mode}
				autocomplete="off"
				spellcheck={false}
				placeholder={t("flows.any")}
				defaultValue={first}
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

export function QuickFilters() {
	const set = (name: string) => (value: string) => setParams({ [name]: value || null });
	return (
		<div class="quick" role="group" aria-label={t("flows.quickFilters")}>
			<Pick
				label={t("word.protocol")}
				name="proto"
				value={quick.value.proto ?? ""}
				options={tally("proto", summary.value?.by_protocol, [
					"TCP",
					"UDP",
					"ICMP",
					"ICMPV6",
					"SCTP",
				])}
				onPick={set("proto")}
			/>
			<Pick
				label={t("flows.status")}
				name="state"
				value={quick.value.state ?? ""}
				options={tally("state", summary.value?.by_state, states.value)}
				onPick={set("state")}
			/>
			<TypeIn label="IP" name="ip" width="9.5em" pattern={IP} mode="text" />
			<TypeIn label={t("word.port")} name="port" width="5em" pattern={PORT} mode="numeric" />
		</div>
	);
}

export function WhichFlows() {
	return (
		<Segment
			label={t("flows.whichFlows")}
			value={live.value}
			options={LIVE}
			onPick={(v) => setParams({ live: v === liveness.value ? null : v })}
		/>
	);
}

/** By one field, and within its groups by another. */
export function GroupPick() {
	const [first = "", then = ""] = levels.value;
	const pick = (fields: string[]) =>
		setParams({ group: fields.filter(Boolean).join(",") || null, open: null });
	const others = (list: [string, string][]) => list.filter(([name]) => name !== first);
	return (
		<>
			<Pick
				label={t("flows.group")}
				name="group"
				value={first}
				options={[["", t("word.none")], ...usualGroups.value]}
				sections={moreGroups.value}
				onPick={(v) => pick(v ? [v, v === then ? "" : then] : [])}
			/>
			{first ? (
				<Pick
					label={t("flows.groupThen")}
					name="then"
					value={then}
					options={[["", t("word.none")], ...others(usualGroups.value)]}
					sections={moreGroups.value.map(([name, list]) => [name, others(list)])}
					onPick={(v) => pick([first, v])}
				/>
			) : null}
		</>
	);
}
