// SPDX-License-Identifier: BSD-2-Clause
// What an act would meet: flows, hosts and bytes now and in the last day, some of them, and who is
// left alone.

import { Fragment } from "preact";
import { bytes, count, rate } from "../../core/format";
import { units } from "../../core/settings";
import { endpoint, safe } from "../../core/text";
import type { Shown } from "../../data/rules";
import type { ActVerb } from "../../ui/actmenu";
import { Icon } from "../../ui/icons";
import { rich, t } from "../../words/t";

const EXAMPLES = 5;

const strong = (text: string) => <strong>{text}</strong>;

function Past({ of }: { of: Shown }) {
	if (of.past)
		return (
			<p>
				{rich("acts.past", {
					flows: strong(count(of.past.flows)),
					hosts: strong(count(of.past.hosts)),
					bytes: strong(bytes(of.past.bytes, units.value)),
				})}
			</p>
		);
	return of.pastLack ? <p class="faint">{t("acts.noPast", { why: safe(of.pastLack) })}</p> : null;
}

function Examples({ of }: { of: Shown }) {
	if (!of.examples.length) return null;
	return (
		<ul class="plain examples">
			{of.examples.slice(0, EXAMPLES).map((flow) => (
				<li key={flow.id} class="mono">
					{endpoint(flow.src.ip, flow.src.port)} →{" "}
					{flow.dst.host ? safe(flow.dst.host) : endpoint(flow.dst.ip, flow.dst.port)}{" "}
					{flow.proto}
				</li>
			))}
			{of.flows > EXAMPLES ? (
				<li>{t("flows.andNMore", { n: of.flows - EXAMPLES })}</li>
			) : null}
		</ul>
	);
}

function LeftAlone({ of }: { of: Shown }) {
	if (!of.left.length) return null;
	return (
		<ul class="plain left-alone">
			{of.left.map((one, i) => (
				<li key={i}>
					<Icon name="lock" size={14} />{" "}
					{t("flows.leftAlone", { n: one.flows, why: safe(one.why) })}
				</li>
			))}
		</ul>
	);
}

/** What is counted, by the act. */
const COUNTS = {
	block: "acts.now",
	limit: "acts.now",
	kill: "flows.matchedToKill",
	forget: "flows.matchedEntries",
} as const;

export function ShownAct({ verb, of }: { verb: ActVerb; of: Shown }) {
	return (
		<Fragment>
			<p>
				{rich(COUNTS[verb], {
					flows: strong(count(of.flows)),
					entries: strong(count(of.entries)),
					hosts: strong(count(of.hosts)),
					bytes: strong(bytes(of.bytes, units.value)),
					rate: strong(rate(of.rate, units.value)),
				})}
			</p>
			<Past of={of} />
			<Examples of={of} />
			<LeftAlone of={of} />
		</Fragment>
	);
}
