// SPDX-License-Identifier: BSD-2-Clause
import { href } from "../core/route";
import { Notice } from "../ui/notice";
import { t } from "../words/t";

export function NotFound() {
	return (
		<Notice icon="search" title={t("shell.noPage")}>
			<p>
				<a href={href("/flows")}>{t("shell.goToFlows")}</a>
			</p>
		</Notice>
	);
}
