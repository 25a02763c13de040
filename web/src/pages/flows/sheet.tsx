// SPDX-License-Identifier: BSD-2-Clause
// What stands in the toolbar of wide screens, on phones as a sheet from below.

import { flowTerms, quick } from "../../core/pagefilter";
import { closeDialog, Dialog, openDialog } from "../../ui/dialog";
import { Icon } from "../../ui/icons";
import { GroupPick, Pick, QuickFilters, WhichFlows } from "./pickers";
import { Scopes } from "./scopes";
import { groupBy, sort, sortBy } from "./state";

const SORTS: [string, string][] = [
	["-rate_bps", "Rate"],
	["-bytes", "Bytes"],
	["-bytes.up", "Upload"],
	["-bytes.down", "Download"],
	["-duration_ms", "Longest"],
	["duration_ms", "Newest"],
	["src.ip", "Source"],
	["dst.ip", "Destination"],
];

function Sheet() {
	return (
		<Dialog title="Show" onClose={closeDialog}>
			<div class="sheet">
				<WhichFlows />
				<Scopes wide={false} />
				<Pick
					label="Order"
					name="sort"
					value={sort.value}
					options={SORTS}
					onPick={sortBy}
				/>
				<GroupPick />
				<QuickFilters />
				<button type="button" class="primary" onClick={closeDialog}>
					Done
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
			aria-label={set ? `Filters, ${set} set` : "Filters"}
			onClick={() => {
				openDialog.value = () => <Sheet />;
			}}
		>
			<Icon name="filter" />
			{set || flowTerms.value.length ? <span>{set || ""}</span> : null}
		</button>
	);
}
