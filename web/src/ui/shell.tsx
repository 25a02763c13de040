// SPDX-License-Identifier: BSD-2-Clause
// The frame around every page: rail or bottom bar, top bar, honesty strip.

import type { ComponentChildren } from "preact";
import { stale } from "../api/state";
import { type PageInfo, pages } from "./pages";
import { base } from "../core/base";
import { go, href, path } from "../core/route";
import { narrow } from "../core/settings";
import { Chips } from "./chips";
import { FilterBox } from "./filterbox";
import { afterwards, seldom } from "./later";
import { Icon } from "./icons";
import {
	InterfacePicker,
	Lamp,
	OnceButton,
	PhoneControls,
	ThemeButton,
	TimeControl,
} from "./controls";
import { type MenuItem, showMenu } from "./menu";
import { manageViews, SavedButton } from "./savedviews";
import { Strip } from "./strip";
import { TimeBar } from "./timebar";
import { t } from "../words/t";

const SensorMark = seldom((parts) => parts.SensorMark);
const PanicMark = afterwards((parts) => parts.PanicMark);

function here(page: string): boolean {
	return page === "/"
		? path.value === "/"
		: path.value === page || path.value.startsWith(`${page}/`);
}

function Mark() {
	return (
		<svg width="26" height="26" viewBox="0 0 32 32" aria-hidden="true">
			<rect class="mark-bg" width="32" height="32" rx="8" />
			<path class="mark-1" d="M7 11h11m-4-4 4 4-4 4" />
			<path class="mark-2" d="M25 21H14m4-4-4 4 4 4" />
		</svg>
	);
}

function NavLink({ page }: { page: PageInfo }) {
	return (
		<a
			class="nav-link"
			href={href(page.path)}
			aria-current={here(page.path) ? "page" : undefined}
			title={`${page.title} (g ${page.key})`}
		>
			<Icon name={page.icon} size={20} />
			<span>{page.title}</span>
		</a>
	);
}

function Rail() {
	return (
		<nav class="rail" aria-label={t("shell.pages")}>
			<a class="brand" href={href("/")} aria-label={t("shell.brand")}>
				<Mark />
				<span>flowbpf</span>
			</a>
			{pages().map((page) => (
				<NavLink key={page.path} page={page} />
			))}
			<div class="rail-end">
				<Lamp />
			</div>
		</nav>
	);
}

function BottomBar() {
	const rest = pages().filter((p) => !p.phone);
	return (
		<nav class="bottom" aria-label={t("shell.pages")}>
			{pages()
				.filter((p) => p.phone)
				.map((page) => (
					<NavLink key={page.path} page={page} />
				))}
			<button
				type="button"
				class="nav-link"
				aria-haspopup="menu"
				aria-current={rest.some((p) => here(p.path)) ? "true" : undefined}
				onClick={(event) =>
					showMenu(event.currentTarget, t("shell.morePages"), () => [
						...rest.map((p): MenuItem => ({
							label: p.title,
							icon: p.icon,
							...(here(p.path) ? { checked: true } : {}),
							run: () => go(href(p.path)),
						})),
						{
							label: t("word.savedViews"),
							icon: "bookmark",
							apart: true,
							run: manageViews,
						},
					])
				}
			>
				<Icon name="more" size={20} />
				<span>{t("word.more")}</span>
			</button>
		</nav>
	);
}

export function Shell({ children }: { children: ComponentChildren }) {
	const phone = narrow.value;
	return (
		<div class="shell">
			<a class="skip" href="#main">
				{t("shell.skip")}
			</a>
			{phone ? null : <Rail />}
			<div class="column">
				<header class="top">
					{phone ? <Lamp /> : null}
					<FilterBox />
					{phone ? (
						<PhoneControls />
					) : (
						<div class="top-controls">
							<InterfacePicker />
							<OnceButton />
							<TimeControl />
							<SavedButton />
							<ThemeButton />
						</div>
					)}
				</header>
				{base ? <SensorMark /> : null}
				{phone ? null : <Chips />}
				<Strip />
				<PanicMark />
				<TimeBar />
				<main id="main" class={`main${stale.value ? " stale" : ""}`} tabIndex={-1}>
					{children}
				</main>
			</div>
			{phone ? <BottomBar /> : null}
		</div>
	);
}
