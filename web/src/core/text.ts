// SPDX-License-Identifier: BSD-2-Clause
// Text that a stranger chose (SNI, DNS names, ALPN) made fit to be read: control, bidirectional
// and invisible characters as escapes, bounded in length. The page only ever makes text nodes of
// it; this is so that the eye is not fooled either. Pure.

/** In UTF-16 units: a name of DNS, and some. */
const LONGEST = 255;

// C0/C1 controls, soft hyphen, zero-width, bidi marks and overrides, line separators, BOM, tags
const HIDDEN =
	/[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff0-\uffff]|[\u{e0000}-\u{e0fff}]/gu;

const escape1 = (ch: string) => `\\u{${ch.codePointAt(0)!.toString(16)}}`;

export function safe(text: string | null | undefined): string {
	if (text == null) return "";
	const cut = text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
	return cut.replace(HIDDEN, escape1);
}

/** Is there more of it than `safe` shows? */
export const isCut = (text: string): boolean => text.length > LONGEST;

/**
 * Where a name lacks room its end stays, which says whose it is, as in the address bar of browsers:
 * "login.bank.example.evil.org" is evil.org's. Of a host's own short name the beginning stays.
 */
export const endMatters = (name: string): boolean =>
	/^[\x21-\x7e]+$/.test(name) && name.split(".").length > 2;

/** An address with its port as it is written: 10.0.0.1:443, [fe80::1]:443. */
export function endpoint(ip: string, port: number | null | undefined): string {
	if (!port) return ip;
	return ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/** The domain that a name belongs to, roughly: its last two labels (three for co.uk and kin). */
export function domainOf(name: string): string | null {
	const labels = name.split(".").filter(Boolean);
	if (labels.length < 2 || /^\d+$/.test(labels[labels.length - 1]!)) return null;
	const second = labels[labels.length - 2]!;
	const take =
		labels.length > 2 && second.length <= 3 && labels[labels.length - 1]!.length === 2 ? 3 : 2;
	return labels.slice(-take).join(".");
}

/** The network a colleague would name: /24 of IPv4, /64 of IPv6 (as the filter takes it). */
export function networkOf(ip: string): string | null {
	if (/^\d+\.\d+\.\d+\.\d+$/.test(ip)) return `${ip.split(".").slice(0, 3).join(".")}.0/24`;
	if (!ip.includes(":")) return null;
	const [head = "", tail] = ip.split("::");
	const left = head ? head.split(":") : [];
	if (tail !== undefined) {
		const right = tail ? tail.split(":") : [];
		while (left.length + right.length < 8) left.push("0");
		left.push(...right);
	}
	return `${left.slice(0, 4).join(":")}::/64`;
}
