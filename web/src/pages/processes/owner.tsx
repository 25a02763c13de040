// SPDX-License-Identifier: BSD-2-Clause
// A program as both lists show it, and the order of their rows.

import { safe } from "../../core/text";
import type { DataColumn } from "../../ui/datatable";
import { labelOf, listed, t } from "../../words/t";

interface Owner {
	process: string | null;
	exe: string | null;
	user: string | null;
	unit: string | null;
	container: string | null;
	container_name: string | null;
}

/** Its name leads to its flows; its file stands below, which is often the same word. */
export function Name({ row, to, title }: { row: Owner; to: string; title: string }) {
	return (
		<a class="host-link" href={to} title={title}>
			<bdi class="strong">{safe(row.process ?? "?")}</bdi>
			{row.exe ? <span class="mono faint">{safe(row.exe)}</span> : null}
		</a>
	);
}

/** A container's id is long, and its first twelve digits are what people know it by. */
function Place({ row }: { row: Owner }) {
	const container =
		row.container_name ?? row.container?.replace(/^([0-9a-f]{12})[0-9a-f]{52}$/, "$1");
	return (
		<bdi title={listed(row.container && safe(row.container), row.unit && safe(row.unit))}>
			{safe(container ?? row.unit ?? "")}
		</bdi>
	);
}

/** Whose it runs as, and in what. */
export const userAndPlace = <Row extends Owner>(): DataColumn<Row>[] => [
	{
		key: "user",
		title: labelOf("owner.user", "User"),
		roomy: "more",
		sort: true,
		cell: (row) => safe(row.user ?? ""),
	},
	{
		key: "place",
		title: t("processes.place"),
		help: t("processes.placeHelp"),
		roomy: "more",
		sort: true,
		cell: (row) => <Place row={row} />,
	},
];

/** What rows are sorted by that these columns name. */
export const userAndPlaceOf: Record<string, (row: Owner) => string> = {
	user: (row) => row.user ?? "",
	place: (row) => row.container_name ?? row.container ?? row.unit ?? "",
};

export function sorted<T>(
	rows: T[],
	by: string,
	values: Record<string, (row: T) => number | string>,
	id: (row: T) => string,
): T[] {
	const value = values[by.replace(/^-/, "")] ?? id;
	const sign = by.startsWith("-") ? -1 : 1;
	return [...rows].sort((a, b) => {
		const [x, y] = [value(a), value(b)];
		return x < y ? -sign : x > y ? sign : id(a) < id(b) ? -1 : 1;
	});
}
