// SPDX-License-Identifier: BSD-2-Clause
import { href } from "../core/route";
import { Notice } from "../ui/notice";

export function NotFound() {
	return (
		<Notice icon="search" title="There is no such page">
			<p>
				<a href={href("/flows")}>Go to Flows</a>
			</p>
		</Notice>
	);
}
