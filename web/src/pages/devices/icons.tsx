// SPDX-License-Identifier: BSD-2-Clause
// What operators may draw a device as: line icons like those of the rail, with this page's part.

import type { Device } from "../../api/types";
import { t } from "../../words/t";

type DeviceIcon = NonNullable<Device["icon"]>;

const PATHS: Record<DeviceIcon | "unknown", string> = {
	computer: "M3 4h14v9H3zM7 17h6M10 13v4",
	laptop: "M4 5h12v8H4zM2 16h16",
	phone: "M6.5 2.5h7v15h-7zM9 15h2",
	tablet: "M4.5 2.5h11v15h-11zM9 15h2",
	tv: "M2.5 5h15v9h-15zM6 17h8M7 2l3 3 3-3",
	speaker: "M5.5 2.5h9v15h-9zM10 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 1 0 0-5M10 5.5v.01",
	console:
		"M5 7h10a3 3 0 0 1 3 3v2a2 2 0 0 1-3.6 1.2L13 12H7l-1.4 1.2A2 2 0 0 1 2 12v-2a3 3 0 0 1 3-3zM6 8.5v2M5 9.5h2M13.5 9.5h.01",
	printer: "M6 7V3h8v4M6 14H3V7h14v7h-3M6 11h8v6H6z",
	camera: "M3 5h11v6H3zM14 7l4-2v6l-4-2M7 11v3h3v3",
	sensor: "M10 8a2 2 0 1 0 0 4 2 2 0 1 0 0-4M6 6a6 6 0 0 0 0 8M14 6a6 6 0 0 1 0 8M3.5 3.5a9 9 0 0 0 0 13M16.5 3.5a9 9 0 0 1 0 13",
	server: "M3 3h14v6H3zM3 11h14v6H3zM6 6h.01M6 14h.01",
	router: "M3 11h14v6H3zM6 14h.01M9 14h.01M10 11V7M7 7a4 4 0 0 1 6 0M5 4.5a7 7 0 0 1 10 0",
	unknown: "M4 4h12v12H4zM10 13v.01M8 8a2 2 0 1 1 2 2v1",
};

export const ICONS: [DeviceIcon, string][] = [
	["computer", t("icon.computer")],
	["laptop", t("icon.laptop")],
	["phone", t("icon.phone")],
	["tablet", t("icon.tablet")],
	["tv", t("icon.tv")],
	["speaker", t("icon.speaker")],
	["console", t("icon.console")],
	["printer", t("icon.printer")],
	["camera", t("icon.camera")],
	["sensor", t("icon.sensor")],
	["server", t("icon.server")],
	["router", t("icon.router")],
];

export function DeviceIcon({ icon }: { icon: Device["icon"] }) {
	return (
		<svg
			class="icon"
			width={20}
			height={20}
			viewBox="0 0 20 20"
			aria-hidden="true"
			focusable="false"
		>
			<path d={PATHS[icon ?? "unknown"]} />
		</svg>
	);
}
