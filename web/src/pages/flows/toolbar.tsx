// SPDX-License-Identifier: BSD-2-Clause
// Above the table: what is shown, how many there are, columns, export, and the acts on everything.

import { count } from "../../core/format";
import { narrow, wide } from "../../core/settings";
import { Icon } from "../../ui/icons";
import { type MenuItem, showMenu } from "../../ui/menu";
import { confirmFlush, confirmForgetMany, exportHref, whyNoForget } from "./acts";
import { GroupPick, QuickFilters, WhichFlows } from "./pickers";
import { Scopes } from "./scopes";
import { SheetButton } from "./sheet";
import { allColumns, chooseColumns, columns, live, scope, toggleColumn } from "./state";

function moreItems(): MenuItem[] {
	const kinds = ["csv", "json", "ndjson"] as const;
	return [
		...kinds.map((kind): MenuItem => ({
			label: `Export ${kind.toUpperCase()}`,
			icon: "export",
			hint: "all that match",
			download: true,
			href: exportHref(kind, live.value, scope.value),
		})),
		{
			label: "Delete what matches…",
			icon: "trash",
			danger: true,
			apart: true,
			disabled: whyNoForget(),
			run: () => confirmForgetMany(scope.value),
		},
		{
			label: "Delete all connections…",
			icon: "trash",
			danger: true,
			disabled: whyNoForget(),
			run: confirmFlush,
		},
	];
}

function columnItems(): MenuItem[] {
	const chosen = new Set(columns.value.map((c) => c.key));
	return [
		...allColumns.value.map((c): MenuItem => ({
			label: c.title,
			section: c.section,
			checked: chosen.has(c.key),
			stay: true,
			run: () => toggleColumn(c.key),
		})),
		{
			label: "Back to the usual ones",
			apart: true,
			run: () => chooseColumns(null),
		},
	];
}

export function Toolbar({ flows }: { flows: number | null }) {
	const phone = narrow.value;
	return (
		<div class="toolbar">
			<div class="toolbar-row">
				<h1>
					{live.value === "live"
						? "Live connections"
						: live.value === "closed"
							? "Closed connections"
							: "Connections"}{" "}
					<span class="badge" title="Connections that match">
						{flows === null ? "…" : count(flows)}
					</span>
				</h1>
				{phone ? null : <WhichFlows />}
				{phone ? null : wide.value ? <Scopes wide /> : <GroupPick />}
				<span class="spring" />
				{phone ? (
					<SheetButton />
				) : (
					<button
						type="button"
						class="icon-text columns-button"
						aria-haspopup="menu"
						aria-label="Columns"
						title="Columns"
						onClick={(event) => showMenu(event.currentTarget, "Columns", columnItems)}
					>
						<Icon name="columns" />
						<span>Columns</span>
					</button>
				)}
				<button
					type="button"
					class="icon-only tail"
					aria-haspopup="menu"
					aria-label="Export and more"
					title="Export and more"
					onClick={(event) => showMenu(event.currentTarget, "More", moreItems)}
				>
					<Icon name="more" />
				</button>
			</div>
			{phone ? null : (
				<div class="toolbar-row">
					<QuickFilters />
					{wide.value ? <GroupPick /> : <Scopes wide={false} />}
				</div>
			)}
		</div>
	);
}
