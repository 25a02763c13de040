// SPDX-License-Identifier: BSD-2-Clause
// Line icons, 20 x 20, drawn with the text's colour. Decoration: words stand beside them, or the
// button has a label.

const PATHS = {
	overview: "M3 3h6v8H3zM11 3h6v5h-6zM11 10h6v7h-6zM3 13h6v4H3z",
	flows: "M3 6h11m-3-3 3 3-3 3M17 14H6m3-3-3 3 3 3",
	devices: "M2 4h11v7H2zM5 14h5M13 8h5v8h-5z",
	hosts: "M3 4h14v9H3zM7 17h6M10 13v4",
	paths: "M2 5c6 0 6 10 16 10M2 15c6 0 6-10 16-10M2 10h16",
	map: "M2.5 5 7.5 3l5 2 5-2v12l-5 2-5-2-5 2zM7.5 3v12M12.5 5v12",
	processes: "M6 6h8v8H6zM8 3v3M12 3v3M8 14v3M12 14v3M3 8h3M3 12h3M14 8h3M14 12h3",
	quality: "M2 13h3l2-8 3 12 3-9 1.5 5H18",
	interfaces: "M3 5h14v10H3zM6 15v-4h8v4M8 11V9h4v2",
	history: "M10 5v5l3 2M3.5 10a6.5 6.5 0 1 1 2 4.7M3 16v-3h3",
	windows: "M10 3a7 7 0 1 0 7 7M10 3v7h7",
	log: "M4 4h12M4 8h12M4 12h8M4 16h10",
	settings:
		"M3 6h7m4 0h3M3 14h3m4 0h7M10 6a2 2 0 1 0 4 0 2 2 0 1 0-4 0M6 14a2 2 0 1 0 4 0 2 2 0 1 0-4 0",
	search: "M8.5 3a5.5 5.5 0 1 0 0 11 5.5 5.5 0 1 0 0-11M13 13l4 4",
	pause: "M7 4v12M13 4v12",
	play: "M6 4l10 6-10 6z",
	refresh: "M16 5v4h-4M4 15v-4h4M15.5 9A6 6 0 0 0 5 6.5M4.5 11A6 6 0 0 0 15 13.5",
	sun: "M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 1 0 0-7M10 1.5v2M10 16.5v2M1.5 10h2M16.5 10h2M4 4l1.4 1.4M14.6 14.6 16 16M4 16l1.4-1.4M14.6 5.4 16 4",
	moon: "M16.5 12A7 7 0 0 1 8 3.5 7 7 0 1 0 16.5 12z",
	auto: "M10 3a7 7 0 1 0 0 14zM10 3a7 7 0 0 1 0 14",
	close: "M5 5l10 10M15 5 5 15",
	down: "M5 8l5 5 5-5",
	right: "M8 5l5 5-5 5",
	more: "M4.5 10h.01M10 10h.01M15.5 10h.01",
	columns: "M3 4h14v12H3zM8 4v12M13 4v12",
	export: "M10 3v9m-3.5-3.5L10 12l3.5-3.5M4 14v3h12v-3",
	trash: "M4 6h12M8 6V4h4v2M5.5 6l.7 11h7.6l.7-11M8.5 9v5M11.5 9v5",
	warn: "M10 3 2 17h16zM10 8v4M10 14.5v.01",
	info: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 1 0 0-15M10 9v5M10 6v.01",
	check: "M4 10.5 8 14.5 16 6",
	copy: "M7 7h9v10H7zM4 13V3h9",
	table: "M3 4h14v12H3zM3 8h14M3 12h14M9 8v8",
	chart: "M3 17h14M5 14v-4M9 14V6M13 14V9M17 14V4",
	plus: "M10 4v12M4 10h12",
	minus: "M4 10h12",
	keyboard: "M2 5h16v10H2zM5 8h.01M8 8h.01M11 8h.01M14 8h.01M6 12h8",
	link: "M8.5 11.5a3 3 0 0 0 4.2 0l3-3a3 3 0 0 0-4.2-4.2l-1 1M11.5 8.5a3 3 0 0 0-4.2 0l-3 3a3 3 0 0 0 4.2 4.2l1-1",
	lock: "M5 9h10v8H5zM7 9V6.5a3 3 0 0 1 6 0V9",
	bell: "M4 14c1.5-1.5 1.5-3 1.5-6a4.5 4.5 0 0 1 9 0c0 3 0 4.5 1.5 6zM8 16.5a2 2 0 0 0 4 0",
	shut: "M10 3a7 7 0 1 0 0 14 7 7 0 1 0 0-14M5 5l10 10",
	filter: "M3 4h14l-5.5 6.5V16l-3-1.5v-4z",
	group: "M3 5h4M9 5h8M6 10h11M6 15h11",
	bookmark: "M5 3h10v14l-5-3.5L5 17z",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
	return (
		<svg
			class="icon"
			width={size}
			height={size}
			viewBox="0 0 20 20"
			aria-hidden="true"
			focusable="false"
		>
			<path d={PATHS[name]} />
		</svg>
	);
}
