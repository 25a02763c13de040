// SPDX-License-Identifier: BSD-2-Clause
// Above the table: what is shown, how many there are, columns, export, and the acts on everything.

import { count } from "../../core/format";
import { narrow, wide } from "../../core/settings";
import { Icon } from "../../ui/icons";
import { type MenuItem, showMenu } from "../../ui/menu";
import { whyNoAct } from "../../data/rules";
import { confirmFlush, confirmMany, exportHref, whyNoForget } from "./acts";
import { GroupPick, QuickFilters, WhichFlows } from "./pickers";
import { Scopes } from "./scopes";
import { SheetButton } from "./sheet";
import { allColumns, chooseColumns, columns, live, scope, toggleColumn } from "./state";
import { t } from "../../words/t";

function moreItems(): MenuItem[] {
	const kinds = ["csv", "json", "ndjson"] as const;
	return [
		...kinds.map((kind): MenuItem => ({
			label: t("flows.export", { format: kind.toUpperCase() }),
			icon: "export",
			hint: t("flows.allMatch"),
			download: true,
			href: exportHref(kind, live.value, scope.value),
		})),
		{
			label: t("flows.killMatching"),
			icon: "close",
			danger: true,
			apart: true,
			disabled: whyNoAct(),
			run: () => confirmMany("kill", scope.value),
		},
		{
			label: t("flows.deleteMatching"),
			icon: "trash",
			danger: true,
			disabled: whyNoForget(),
			run: () => confirmMany("forget", scope.value),
		},
		{
			label: t("flows.deleteAllMenu"),
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
			label: t("flows.usualColumns"),
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
						? t("flows.liveConnections")
						: live.value === "closed"
							? t("flows.closedConnections")
							: t("flows.connections")}{" "}
					<span class="badge" title={t("flows.connectionsMatch")}>
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
						aria-label={t("flows.columns")}
						title={t("flows.columns")}
						onClick={(event) =>
							showMenu(event.currentTarget, t("flows.columns"), columnItems)
						}
					>
						<Icon name="columns" />
						<span>{t("flows.columns")}</span>
					</button>
				)}
				<button
					type="button"
					class="icon-only tail"
					aria-haspopup="menu"
					aria-label={t("flows.exportMore")}
					title={t("flows.exportMore")}
					onClick={(event) => showMenu(event.currentTarget, t("word.more"), moreItems)}
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
