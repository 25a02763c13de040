// SPDX-License-Identifier: BSD-2-Clause
// Tables as CSV (RFC 4180) for spreadsheets: what a stranger chose is never a formula. Pure but for
// the download.

export type Cell = string | number | null | undefined;

function cell(value: Cell): string {
	const text =
		typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value ?? "");
	return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csv(rows: Cell[][]): string {
	return rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

export function download(name: string, type: string, content: string | Blob): void {
	const url = URL.createObjectURL(new Blob([content], { type }));
	Object.assign(document.createElement("a"), { href: url, download: name }).click();
	setTimeout(() => URL.revokeObjectURL(url), 1000);
}
