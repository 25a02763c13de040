// SPDX-License-Identifier: BSD-2-Clause
// Where the page is served: at the root of a server, or, on a hub, as the live view of a sensor under
// /sensor/NAME, whose API is there, too.

const UNDER = /^\/sensor\/[^/]+/;

/** The shared worker has no address of a page: its name says it. */
const from =
	typeof document === "undefined" ? ((globalThis as { name?: string }).name ?? "") : null;

const HUB = "flowbpf-hub";

/** this is a hub's own page, by what its server wrote into it: there is nothing live to ask for */
export const ofHub = from === null ? "hub" in document.documentElement.dataset : from === HUB;

/** "" or "/sensor/NAME" */
export const base = UNDER.exec(from ?? globalThis.location.pathname)?.[0] ?? "";

/** the sensor whose live view this is; "": of none */
export const sensor = base.slice("/sensor/".length);

/** of the one worker for all tabs of this page */
export const workerName = base || (ofHub ? HUB : "flowbpf-live");

/** An address of this page by its path, with what it is under. */
export const at = (path: string): string => {
	if (!base || pathOf(path.split("?")[0]!) !== null) return path;
	return base + path.replace(/^\/(?=\?|$)/, "");
};

/** An address without what this page is under; null: it is another page's. */
export function pathOf(pathname: string): string | null {
	if ((UNDER.exec(pathname)?.[0] ?? "") !== base) return null;
	return pathname.slice(base.length) || "/";
}
