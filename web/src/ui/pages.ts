// SPDX-License-Identifier: BSD-2-Clause
// The pages in the order of the rail.

import { fleet } from "../core/time";
import { hasSeries, hasWindows, hello } from "../api/state";
import type { IconName } from "./icons";
import { t } from "../words/t";

export interface PageInfo {
	path: string;
	title: string;
	icon: IconName;
	key: string;
	/** in the bottom bar of phones; the rest is behind "More" */
	phone: boolean;
}

export const PAGES: PageInfo[] = [
	{ path: "/", title: t("word.overview"), icon: "overview", key: "o", phone: true },
	{ path: "/flows", title: t("word.flows"), icon: "flows", key: "f", phone: true },
	{ path: "/devices", title: t("devices.title"), icon: "devices", key: "d", phone: true },
	{ path: "/hosts", title: t("word.hosts"), icon: "hosts", key: "h", phone: false },
	{ path: "/paths", title: t("word.paths"), icon: "paths", key: "p", phone: true },
	{ path: "/map", title: t("map.title"), icon: "map", key: "m", phone: false },
	{ path: "/processes", title: t("processes.title"), icon: "processes", key: "x", phone: false },
	{ path: "/quality", title: t("quality.title"), icon: "quality", key: "q", phone: false },
	{
		path: "/interfaces",
		title: t("settings.interfaces"),
		icon: "interfaces",
		key: "i",
		phone: false,
	},
	{ path: "/history", title: t("word.history"), icon: "history", key: "t", phone: false },
	{ path: "/alerts", title: t("alerts.title"), icon: "bell", key: "a", phone: false },
	{ path: "/rules", title: t("rules.title"), icon: "shut", key: "r", phone: false },
	{ path: "/log", title: t("pages.log"), icon: "log", key: "l", phone: false },
	{ path: "/settings", title: t("pages.settings"), icon: "settings", key: "s", phone: false },
];

const OF_FLEET = ["/", "/flows", "/hosts", "/paths", "/history", "/settings"];

/** Those that have something to show on this server; all, until it has said what it has. */
export function pages(): PageInfo[] {
	if (fleet.value) return PAGES.filter((p) => OF_FLEET.includes(p.path));
	return PAGES.filter(
		(p) => p.path !== "/history" || !hello.value || hasWindows.value || hasSeries.value,
	);
}

/** Names that need no looking up. */
export function titleOf(path: string): string {
	if (path === "/report") return t("report.title");
	const exact = PAGES.find((p) => p.path === path);
	if (exact) return exact.title;
	return (
		PAGES.find((p) => p.path !== "/" && path.startsWith(`${p.path}/`))?.title ??
		t("pages.notFound")
	);
}
