// SPDX-License-Identifier: BSD-2-Clause
// Block…, Limit…, Kill…: what can be done about whatever has a name, for who may. One dialog for all.

import * as filter from "../core/filter";
import { domainOf, safe } from "../core/text";
import { whyNoAct } from "../data/rules";
import { openDialog } from "./dialog";
import { Icon, type IconName } from "./icons";
import { seldom } from "./later";
import { type MenuItem, showMenu } from "./menu";
import { t } from "../words/t";

const ActDialog = seldom((parts) => parts.ActDialog);

/** What an act may be about: in words, and as an address, a prefix or an expression. */
export interface Target {
	label: string;
	what: string;
	/** of connections to be ended or forgotten: these only */
	scope?: string;
}

/** A name, and the domain that it is of. */
export function ofName(name: string): Target[] {
	const domain = domainOf(name);
	const own = { label: t("acts.ofName", { name: safe(name) }), what: filter.term("name", name) };
	if (!domain) return [own];
	const below = filter.term("name", `*.${domain}`, "~");
	return [
		own,
		{
			label: t("acts.ofDomain", { name: safe(domain) }),
			what: `${filter.term("name", domain)} or ${below}`,
		},
	];
}

export type ActVerb = "block" | "limit" | "kill" | "forget";

export function confirmAct(verb: ActVerb, targets: Target[]): void {
	openDialog.value = () => <ActDialog verb={verb} targets={targets} />;
}

const ENTRIES: [verb: ActVerb, word: string, icon: IconName][] = [
	["block", t("acts.block"), "shut"],
	["limit", t("acts.limit"), "chart"],
	["kill", t("acts.kill"), "close"],
];

export function actItems(targets: Target[]): MenuItem[] {
	if (whyNoAct() !== null || !targets.length) return [];
	return ENTRIES.map(([verb, label, icon], i) => ({
		label,
		icon,
		danger: true,
		apart: i === 0,
		run: () => confirmAct(verb, targets),
	}));
}

/** The same where there is no menu yet. */
export function ActButton({ targets, word = false }: { targets: Target[]; word?: boolean }) {
	if (!actItems(targets).length) return null;
	const label = t("acts.about", { what: targets[0]!.label });
	return (
		<button
			type="button"
			class={word ? "icon-text" : "ghost icon-only act-button"}
			aria-haspopup="menu"
			aria-label={word ? undefined : label}
			title={label}
			onClick={(event) => showMenu(event.currentTarget, label, () => actItems(targets))}
		>
			<Icon name="shut" />
			{word ? t("acts.act") : null}
		</button>
	);
}
