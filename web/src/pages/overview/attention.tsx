// SPDX-License-Identifier: BSD-2-Clause
// What needs attention, in one line: names that nothing explains or that imitate others, services
// on odd ports, losses. Each leads to its flows.

import { now } from "../../api/state";
import type { Group, List, NewDestinations } from "../../api/types";
import * as filter from "../../core/filter";
import * as fmt from "../../core/format";
import { globalFilter } from "../../core/pagefilter";
import { href } from "../../core/route";
import { narrow } from "../../core/settings";
import { safe } from "../../core/text";
import { tick } from "../../data/lastminutes";
import { usePolled } from "../../data/polled";
import { lostLately } from "./lost";
import { Icon } from "../../ui/icons";
import { t } from "../../words/t";

/** Where each is at home; STARTTLS ports may speak TLS too. */
const USUAL: [string, number[]][] = [
	[
		"tls",
		[
			443, 8443, 4443, 853, 465, 587, 25, 143, 993, 110, 995, 389, 636, 990, 5061, 5222, 5223,
			5269, 5432, 3306, 3389, 1433, 1194, 6443, 6514, 8883, 9443,
		],
	],
	["ssh", [22]],
	["http", [80, 3128, 8000, 8008, 8080, 8081, 8888]],
	["dns", [53, 5353, 5355]],
];

/** Services that speak on a port that is not theirs. */
export const ODD_PORTS = `(${USUAL.map(
	([l7, ports]) =>
		`${filter.term("l7", l7)} and ${
			ports.length > 1 ? `not dst.port in (${ports.join(", ")})` : `dst.port!=${ports[0]}`
		}`,
)
	.map((term) => `(${term})`)
	.join(" or ")})`;

interface Item {
	kind: "bad" | "warn";
	n: number;
	text: string;
	help: string;
	to: string;
}

/** Of the flags of names, those that somebody should look at. */
const FLAGS: Record<string, [kind: Item["kind"], text: (n: number) => string, help: string]> = {
	unexplained: [
		"warn",
		(n) => t("overview.unexplainedNames", { n }),
		t("overview.unexplainedHelp"),
	],
	mixed_script: ["bad", (n) => t("overview.lookAlikeNames", { n }), t("overview.lookAlikeHelp")],
	overlap: ["bad", (n) => t("overview.rewrittenHellos", { n }), t("overview.rewrittenHelp")],
};

function flagItems(groups: Group[]): Item[] {
	return Object.entries(FLAGS).flatMap(([flag, [kind, text, help]]): Item[] => {
		const n = groups.find((g) => g.key === flag)?.flows ?? 0;
		const to = href("/flows", { q: `name.flags=${flag}`, live: "both", scope: "all" });
		return n ? [{ kind, n, text: text(n), help, to }] : [];
	});
}

function oddItem(odd: List<unknown> | null): Item[] {
	const n = odd?.page.matched ?? 0;
	if (!n) return [];
	return [
		{
			kind: "warn",
			n,
			text: t("overview.servicesOddPorts", { n }),
			help: t("overview.oddPortsHelp"),
			to: href("/flows", { q: ODD_PORTS, live: "both", scope: "all" }),
		},
	];
}

const RISKY = filter.term("risk.class", "high");

function riskItem(risky: List<unknown> | null): Item[] {
	const n = risky?.page.matched ?? 0;
	if (!n) return [];
	return [
		{
			kind: "bad",
			n,
			text: t("overview.highRisk", { n }),
			help: t("overview.highRiskHelp"),
			to: href("/flows", { q: RISKY, live: "both", scope: "all", sort: "-risk" }),
		},
	];
}

const NEW_FOR_MS = 3_600_000;
const MOST_TERMS = 12;

/** Of the last hour, to their flows; pairs of before may have no flow any more. */
function newItem(told: NewDestinations | null): Item[] {
	const since = now.value - NEW_FOR_MS;
	const items = told?.items.filter((i) => Date.parse(i.time) > since) ?? [];
	if (!items.length) return [];
	const shown = items.slice(0, MOST_TERMS);
	const name = (end: { ip: string; host: string | null }) => end.host || end.ip;
	const pairs = shown.map(
		(i) => `(${filter.term("src.ip", i.src.ip)} and ${filter.term("dst.ip", i.dst.ip)})`,
	);
	return [
		{
			kind: "warn",
			n: items.length,
			text: t("overview.newDestinations", { n: items.length }),
			help: `${t("overview.newDestinationsHelp")}: ${shown
				.map((i) => `${name(i.src)} → ${name(i.dst)}`)
				.join("; ")}`,
			to: href("/flows", { q: pairs.join(" or "), live: "both", scope: "all" }),
		},
	];
}

function lossItem(): Item[] {
	const [n, how] = lostLately();
	return n
		? [{ kind: "bad", n, text: t("overview.lostText"), help: how, to: href("/settings") }]
		: [];
}

export function Attention() {
	tick.value;
	const within = globalFilter.value;
	const flags = usePolled<List<Group>>(
		"flows",
		{ group_by: "name.flags", live: "both", limit: 10, filter: within || null },
		5,
	).data.value;
	const odd = usePolled<List<unknown>>(
		"flows",
		{ live: "both", limit: 1, fields: "id", filter: filter.all(within, ODD_PORTS) },
		5,
	).data.value;
	const risky = usePolled<List<unknown>>(
		"flows",
		{ live: "both", limit: 1, fields: "id", filter: filter.all(within, RISKY) },
		5,
	).data.value;
	// of all hosts: what a filter leaves of them is not known
	const fresh = usePolled<NewDestinations>(within ? null : "new-destinations", {}, 10).data.value;
	const items = [
		...lossItem(),
		...riskItem(risky),
		...flagItems(flags?.items ?? []),
		...newItem(fresh),
		...oddItem(odd),
	];
	return (
		<section class="attention" aria-label={t("overview.needsAttention")}>
			{items.length ? (
				<>
					<h2>
						<Icon name="warn" /> {t("overview.needsAttention")}
					</h2>
					<ul>
						{items.map((item) => (
							<li key={item.text}>
								<a
									class={`attend ${item.kind}`}
									href={item.to}
									title={safe(item.help)}
								>
									<strong>{fmt.countShort(item.n)}</strong> {item.text}
								</a>
							</li>
						))}
					</ul>
				</>
			) : (
				<p class="faint">
					<Icon name="check" />{" "}
					{!flags || !odd || !risky
						? t("overview.looking")
						: narrow.value
							? t("overview.nothingNeedsAttention")
							: t("overview.nothingNeedsAttentionWhy")}
				</p>
			)}
		</section>
	);
}
