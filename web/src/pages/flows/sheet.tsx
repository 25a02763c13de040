// SPDX-License-Identifier: BSD-2-Clause
// What stands in the toolbar of wide screens, on phones as a sheet from below.

import { flowTerms, quick } from "../../core/pagefilter";
import { closeDialog, Dialog, openDialog } from "../../ui/dialog";
import { Icon } from "../../ui/icons";
import { GroupPick, Pick, QuickFilters, WhichFlows } from "./pickers";
import { Scopes } from "./scopes";
import { groupBy, sort, sortBy } from "./state";
import { t } from "../../words/t";

const SORTS: [string, string][] = [
	["-rate_bps", t("word.rate")],
	["-bytes", t("word.bytes")],
	["-bytes.up", t("word.upload")],
	["-bytes.down", t("word.download")],
	["-duration_ms", t("flows.longest")],
	["duration_ms", t("flows.newest")],
	["src.ip", t("word.source")],
	["dst.ip", t("word.destination")],
];

function Sheet() {
	return (
		<Dialog title={t("flows.show")} onClose={closeDialog}>
			<div class="sheet">
				<WhichFlows />
				<Scopes wide={false} />
				<Pick
					label={t("flows.order")}
					name="sort"
					value={sort.value}
					options={SORTS}
					onPick={sortBy}
				/>
				<GroupPick />
				<QuickFilters />
				<button type="button" class="primary" onClick={closeDialog}>
					{t("flows.done")}
				</button>
			</div>
		</Dialog>
	);
}

export function SheetButton() {
	const set = Object.values(quick.value).filter(Boolean).length + (groupBy.value ? 1 : 0);
	return (
		<button
			type="button"
			class="icon-text tail"
			aria-haspopup="dialog"
			aria-label={set ? t("flows.filtersSet", { set }) : t("flows.filters")}
			onClick={() => {
				openDialog.value = () => <Sheet />;
			}}
		>
			<Icon name="filter" />
			{set || flowTerms.value.length ? <span>{set || ""}</span> : null}
		</button>
	);
}
