// SPDX-License-Identifier: BSD-2-Clause
// A menu beside the thing that opened it (or at the pointer), in the browser's top layer and placed
// by the style sheet: arrows, Home, End, Escape; closes when focus leaves. One at a time.

import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Icon, type IconName } from "./icons";

export interface MenuItem {
	label: string;
	icon?: IconName;
	hint?: string;
	danger?: boolean;
	disabled?: string | null;
	checked?: boolean;
	href?: string;
	download?: boolean;
	run?: () => void;
	/** a line above */
	apart?: boolean;
	/** what it belongs to: items of one section stand under its name */
	section?: string | undefined;
	/** stays open after a click (check boxes) */
	stay?: boolean;
}

interface OpenMenu {
	items: () => MenuItem[];
	/** where it was asked for: the style sheet finds the room around it */
	at: DOMRect;
	label: string;
	back: HTMLElement | null;
}

export const openMenu = signal<OpenMenu | null>(null);

export function showMenu(
	at: MouseEvent | HTMLElement,
	label: string,
	items: () => MenuItem[],
): void {
	openMenu.value = {
		items,
		at:
			at instanceof HTMLElement
				? at.getBoundingClientRect()
				: new DOMRect(at.clientX, at.clientY, 0, 0),
		label,
		back: document.activeElement as HTMLElement | null,
	};
}

function closeMenu(refocus = true): void {
	const open = openMenu.value;
	openMenu.value = null;
	if (refocus && open?.back?.isConnected) open.back.focus({ preventScroll: true });
}

const STEPS: Record<string, (i: number, n: number) => number> = {
	ArrowDown: (i, n) => (i + 1) % n,
	ArrowUp: (i, n) => (i + n - 1) % n,
	Home: () => 0,
	End: (_, n) => n - 1,
};

function onKey(event: KeyboardEvent): void {
	const list = event.currentTarget as HTMLElement;
	if (event.key === "Escape" || event.key === "Tab") {
		event.preventDefault();
		event.stopPropagation();
		closeMenu();
		return;
	}
	const step = STEPS[event.key];
	if (!step) return;
	event.preventDefault();
	const items = [...list.querySelectorAll<HTMLElement>("[role^=menuitem]")];
	items[step(items.indexOf(document.activeElement as HTMLElement), items.length)]?.focus();
}

function choose(item: MenuItem): void {
	if (item.disabled) return;
	if (!item.stay) closeMenu();
	item.run?.();
}

function Item({ item }: { item: MenuItem }) {
	const role = item.checked === undefined ? "menuitem" : "menuitemcheckbox";
	const inner = (
		<>
			<span class="menu-icon">
				{item.checked ? (
					<Icon name="check" />
				) : item.icon ? (
					<Icon name={item.icon} />
				) : null}
			</span>
			<span class="menu-label">{item.label}</span>
			{item.hint || item.disabled ? (
				<span class="menu-hint">{item.disabled ?? item.hint}</span>
			) : null}
		</>
	);
	const cls = `menu-item${item.danger ? " danger" : ""}${item.apart ? " apart" : ""}`;
	if (item.href && !item.disabled)
		return (
			<a
				class={cls}
				role={role}
				tabIndex={-1}
				href={item.href}
				download={item.download}
				onClick={() => choose(item)}
			>
				{inner}
			</a>
		);
	return (
		<button
			type="button"
			class={cls}
			role={role}
			tabIndex={-1}
			aria-checked={item.checked}
			aria-disabled={item.disabled ? true : undefined}
			onClick={() => choose(item)}
		>
			{inner}
		</button>
	);
}

/** In their order, sections under their names. */
function Items({ items }: { items: MenuItem[] }) {
	const sections = new Map<string, MenuItem[]>();
	for (const item of items)
		sections.set(item.section ?? "", [...(sections.get(item.section ?? "") ?? []), item]);
	return (
		<>
			{[...sections].map(([name, own]) => {
				const list = own.map((item) => <Item key={item.label} item={item} />);
				return name ? (
					<div key={name} role="group" aria-label={name}>
						<div class="menu-section" aria-hidden="true">
							{name}
						</div>
						{list}
					</div>
				) : (
					list
				);
			})}
		</>
	);
}

const boxOf = ({ left, top, width, height }: DOMRect) => ({
	left: `${left}px`,
	top: `${top}px`,
	width: `${width}px`,
	height: `${height}px`,
});

export function MenuHost() {
	const ref = useRef<HTMLDivElement>(null);
	const open = openMenu.value;
	useEffect(() => {
		const menu = ref.current;
		if (!menu || !open) return;
		menu.showPopover();
		menu.querySelector<HTMLElement>("[role^=menuitem]")?.focus({ preventScroll: true });
		// not a popover of kind "auto": that one closes when the button that opened it at the pointer
		// is let go
		const away = (event: Event) => !menu.contains(event.target as Node) && closeMenu(false);
		addEventListener("pointerdown", away, true);
		return () => removeEventListener("pointerdown", away, true);
	}, [open]);
	if (!open) return null;
	return (
		<div class="menu-host" key={`${open.at.left} ${open.at.top}`}>
			<i class="menu-anchor" style={boxOf(open.at)} />
			<div
				ref={ref}
				class="menu"
				popover="manual"
				role="menu"
				aria-label={open.label}
				onKeyDown={onKey}
			>
				<Items items={open.items()} />
			</div>
		</div>
	);
}
