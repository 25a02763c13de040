// SPDX-License-Identifier: BSD-2-Clause
// What can be done from a row: open it, filter by it, copy it, forget its conntrack entry.

import { at } from "../../core/base";
import { hello } from "../../api/state";
import { whyNoAct } from "../../data/rules";
import * as filter from "../../core/filter";
import { exclude, flowFilter, include } from "../../core/pagefilter";
import { go, href, params, setParams } from "../../core/route";
import { domainOf, endpoint, networkOf, safe } from "../../core/text";
import { past } from "../../core/time";
import { actItems, confirmAct, ofName, type Target } from "../../ui/actmenu";
import { openDialog } from "../../ui/dialog";
import { seldom } from "../../ui/later";
import { type MenuItem, showMenu } from "../../ui/menu";
import { copy } from "../../ui/toast";
import type { Get, FlowColumn } from "./columns";
import { num, text } from "./columns";
import { closedReason, written } from "../../ui/cells";
import { keysOf, levels, termsOf, toggleGroup } from "./state";
import { listed, t } from "../../words/t";

const FlushDialog = seldom((pages) => pages.FlushDialog);
const ForgetDialog = seldom((pages) => pages.ForgetDialog);
const KillDialog = seldom((pages) => pages.KillDialog);

function withQuery(path: string): string {
	const query = params.peek().toString();
	return query ? `${path}?${query}` : path;
}

export function openFlow(id: string): void {
	go(withQuery(`/flows/${id}`));
}

export function closeFlow(): void {
	go(withQuery("/flows"));
}

export function whyNoForget(): string | null {
	const caps = hello.value?.caps;
	if (caps && caps.conntrack !== true) return t("flows.noConntrack");
	return whyNoAct();
}

export interface Ends {
	id: string;
	proto: string;
	src: string;
	dst: string;
	name: string;
}

export function confirmForget(ends: Ends): void {
	openDialog.value = () => <ForgetDialog ends={ends} />;
}

export function confirmKill(ends: Ends): void {
	openDialog.value = () => <KillDialog ends={ends} />;
}

export function confirmFlush(): void {
	openDialog.value = () => <FlushDialog />;
}

/** All live flows that match now; what is chosen while the dialog is open changes nothing. */
export function confirmMany(verb: "forget" | "kill", scope: string): void {
	const what = flowFilter.peek();
	const label = listed(what, scope !== "all" && t("flows.scopeIs", { scope }));
	confirmAct(verb, [{ label: label || t("flows.allLiveConnections"), what, scope }]);
}

export function endsOf(id: string, get: Get): Ends {
	return {
		id,
		proto: written("proto", text(get("proto"))),
		name: safe(text(get("dst.host"))),
		src: endpoint(text(get("src.ip")), num(get("src.port"))),
		dst: endpoint(text(get("dst.ip")), num(get("dst.port"))),
	};
}

/** Of the rows only those of a term, or all others. */
function narrow(term: string): MenuItem[] {
	return [
		{
			label: t("flows.onlyTerm", { term: safe(term) }),
			icon: "plus",
			apart: true,
			run: () => include(term),
		},
		{
			label: t("flows.withoutTerm", { term: safe(term) }),
			icon: "minus",
			run: () => exclude(term),
		},
	];
}

function widen(get: Get): MenuItem[] {
	const items: MenuItem[] = [];
	const domain = domainOf(text(get("dst.host")));
	const net = networkOf(text(get("dst.ip")));
	if (domain)
		items.push({
			label: t("flows.onlyDomain", { domain: safe(domain) }),
			icon: "filter",
			run: () => include(filter.term("dst.host", domain, "~")),
		});
	if (net)
		items.push({
			label: t("flows.onlyNetwork", { net }),
			icon: "filter",
			run: () => include(filter.term("dst.ip", net)),
		});
	return items;
}

/** What an act from a row may be about, the other end first. */
export function targetsOf(get: Get): Target[] {
	const [src, dst, port] = [text(get("src.ip")), text(get("dst.ip")), text(get("dst.port"))];
	const name = text(get("dst.host"));
	const proto = text(get("proto"));
	const net = networkOf(dst);
	const end = port ? endpoint(dst, Number(port)) : null;
	return [
		{ label: t("acts.ofHost", { host: dst }), what: dst },
		...(name ? ofName(name) : []),
		...(end
			? [
					{
						label: t("acts.ofService", { end, proto }),
						what: filter.all(
							filter.term("dst.ip", dst),
							filter.term("dst.port", port),
							filter.term("proto", proto),
						),
					},
				]
			: []),
		...(net ? [{ label: t("acts.ofNetwork", { net }), what: net }] : []),
		{ label: t("acts.ofHost", { host: src }), what: src },
	];
}

function flowItems(id: string, get: Get, column: FlowColumn | null): MenuItem[] {
	const term = column?.term?.(get) ?? filter.term("dst.ip", text(get("dst.ip")));
	const value = column?.copy?.(get);
	const src = text(get("src.ip"));
	const dst = text(get("dst.ip"));
	return [
		{ label: t("word.details"), icon: "info", hint: "Enter", run: () => openFlow(id) },
		...narrow(term),
		...widen(get),
		...(value
			? [
					{
						label: t("flows.copyCell"),
						icon: "copy",
						apart: true,
						run: () => void copy(value, column!.title.toLowerCase()),
					} as MenuItem,
				]
			: []),
		{
			label: t("flows.copyAddress"),
			icon: "copy",
			apart: !value,
			run: () => void copy(dst, dst),
		},
		{
			label: t("flows.copyFlowLink"),
			icon: "link",
			run: () => void copy(`${location.origin}${at(`/flows/${id}`)}`, t("word.link")),
		},
		{
			label: t("flows.hostAt", { ip: src }),
			icon: "hosts",
			apart: true,
			run: () => go(href(`/hosts/${src}`)),
		},
		{
			label: t("flows.hostAt", { ip: dst }),
			icon: "hosts",
			run: () => go(href(`/hosts/${dst}`)),
		},
		...actItems(targetsOf(get)).filter((item) => item.label !== t("acts.kill")),
		{
			label: t("flows.kill"),
			icon: "close",
			danger: true,
			disabled: closedReason(get("closed")) ? t("word.closed") : whyNoAct(),
			run: () => confirmKill(endsOf(id, get)),
		},
		{
			label: t("flows.deleteConntrackEntry"),
			icon: "trash",
			danger: true,
			disabled: closedReason(get("closed")) ? t("word.closed") : whyNoForget(),
			run: () => confirmForget(endsOf(id, get)),
		},
	];
}

export function rowMenu(
	at: MouseEvent | HTMLElement,
	id: string,
	get: Get,
	column: FlowColumn | null,
): void {
	const items = flowItems(id, get, column); // as it was when the menu opened
	showMenu(at, t("flows.flow"), () => items);
}

export function groupMenu(at: MouseEvent | HTMLElement, path: string): void {
	const keys = keysOf(path);
	const key = keys[keys.length - 1]!;
	const terms = termsOf(path);
	const term = terms[terms.length - 1]!;
	const address = levels.peek()[keys.length - 1]!.endsWith(".ip");
	showMenu(at, t("flows.group"), () => [
		{ label: t("flows.openClose"), icon: "group", run: () => toggleGroup(path) },
		{
			label: t("flows.showList"),
			icon: "table",
			run: () =>
				setParams(
					{
						q: terms.reduce(filter.add, params.peek().get("q") ?? ""),
						group: null,
						open: null,
					},
					true,
				),
		},
		...narrow(term),
		{ label: t("word.copy"), icon: "copy", apart: true, run: () => void copy(key, key) },
		...(address
			? [
					{
						label: t("flows.hostPage"),
						icon: "hosts",
						run: () => go(href(`/hosts/${key}`)),
					} as MenuItem,
				]
			: []),
		...actItems([
			{
				label: key || t("charts.noName"),
				what: address ? key : terms.reduce(filter.add, ""),
			},
		]),
	]);
}

/** The export of everything that matches. */
export function exportHref(kind: "csv" | "json" | "ndjson", live: string, scope: string): string {
	const query = new URLSearchParams({ live, scope });
	if (flowFilter.value) query.set("filter", flowFilter.value);
	for (const [name, value] of Object.entries(past.value ?? {})) query.set(name, value);
	return at(`/api/v1/export.${kind}?${query}`);
}
