// SPDX-License-Identifier: BSD-2-Clause
// What can be done from a row: open it, filter by it, copy it, forget its conntrack entry.

import { hello } from "../../api/state";
import { whyNot } from "../../data/access";
import * as filter from "../../core/filter";
import { exclude, flowFilter, include } from "../../core/pagefilter";
import { go, href, params, setParams } from "../../core/route";
import { domainOf, endpoint, networkOf, safe } from "../../core/text";
import { openDialog } from "../../ui/dialog";
import { type MenuItem, showMenu } from "../../ui/menu";
import { copy } from "../../ui/toast";
import type { Get, FlowColumn } from "./columns";
import { num, text } from "./columns";
import { closedReason, written } from "../../ui/cells";
import { FlushDialog, ForgetDialog } from "./confirm";
import { ForgetManyDialog } from "./forgetmany";
import { keysOf, levels, termsOf, toggleGroup } from "./state";
import { listed, t } from "../../words/t";

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

/** Why nothing can be ended here; null when it can. */
export function whyNoForget(): string | null {
	const caps = hello.value?.caps;
	if (caps && caps.conntrack !== true) return t("flows.noConntrack");
	if (caps && !caps.act) return t("flows.notPermitted");
	return whyNot();
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

export function confirmFlush(): void {
	openDialog.value = () => <FlushDialog />;
}

/** All live flows that match now; what is chosen while the dialog is open changes nothing. */
export function confirmForgetMany(scope: string): void {
	const query = { filter: flowFilter.peek(), scope, live: "live" };
	const what = listed(query.filter, scope !== "all" && t("flows.scopeIs", { scope }));
	openDialog.value = () => <ForgetManyDialog query={query} what={what} />;
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
			run: () => void copy(`${location.origin}/flows/${id}`, t("word.link")),
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
		{
			label: t("flows.deleteConntrackEntry"),
			icon: "trash",
			danger: true,
			apart: true,
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
	]);
}

/** The export of everything that matches. */
export function exportHref(kind: "csv" | "json" | "ndjson", live: string, scope: string): string {
	const query = new URLSearchParams({ live, scope });
	if (flowFilter.value) query.set("filter", flowFilter.value);
	return `/api/v1/export.${kind}?${query}`;
}
