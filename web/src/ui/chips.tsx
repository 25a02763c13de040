// SPDX-License-Identifier: BSD-2-Clause
// What the page is filtered by, a chip for each term: of the box, the pickers and the chosen time.

import { clearFilters, dropTerm, flowTerms } from "../core/pagefilter";
import { safe } from "../core/text";
import { Icon } from "./icons";
import { t } from "../words/t";

/** One term says no more than the box or its picker does. */
const FEW = 2;

const stay = (event: Event) => event.preventDefault();

export function Chips() {
	const terms = flowTerms.value;
	if (terms.length < FEW) return null;
	return (
		<ul class="chips" aria-label={t("filter.terms")}>
			{terms.map((term, i) => (
				<li key={term} class="term">
					<code>{safe(term)}</code>
					<button
						type="button"
						class="ghost icon-only"
						aria-label={t("filter.remove", { term: safe(term) })}
						title={t("filter.removeTerm")}
						onPointerDown={stay}
						onMouseDown={stay}
						onClick={() => dropTerm(i)}
					>
						<Icon name="close" size={12} />
					</button>
				</li>
			))}
			<li>
				<button
					type="button"
					class="ghost"
					onPointerDown={stay}
					onMouseDown={stay}
					onClick={clearFilters}
				>
					{t("filter.clearAll")}
				</button>
			</li>
		</ul>
	);
}
