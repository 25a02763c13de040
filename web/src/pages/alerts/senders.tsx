// SPDX-License-Identifier: BSD-2-Clause
// Whom alerts are told to: what each was sent, what waits and why; and a message that says that it is
// a test.

import type { AlertSender } from "../../api/schema";
import { now } from "../../api/state";
import * as fmt from "../../core/format";
import { safe } from "../../core/text";
import { testSender } from "../../data/alerts";
import { whyNoAct } from "../../data/rules";
import { type DataColumn, DataTable } from "../../ui/datatable";
import { Notice } from "../../ui/notice";
import { perform } from "../../ui/perform";
import { t } from "../../words/t";

function Name({ sender }: { sender: AlertSender }) {
	return (
		<span class="rule-what">
			<strong>{safe(sender.name)}</strong>
			{sender.error === null ? null : (
				<span class="bad-text rule-said" title={safe(sender.error)}>
					{safe(sender.error)} · {fmt.ago(sender.error_since, now.value)}
				</span>
			)}
		</span>
	);
}

function TestButton({ sender: { name } }: { sender: AlertSender }) {
	if (whyNoAct() !== null) return null;
	return (
		<button
			type="button"
			aria-label={t("alerts.testOne", { name: safe(name) })}
			onClick={() =>
				void perform(() => testSender(name), t("alerts.tested", { name: safe(name) }))
			}
		>
			{t("alerts.test")}
		</button>
	);
}

type Counter = "waiting" | "sent" | "retries" | "refused" | "dropped";

const counter = (key: Counter, title: string, roomy?: "more"): DataColumn<AlertSender> => ({
	key,
	title,
	end: true,
	...(roomy ? { roomy } : {}),
	cell: (sender) => fmt.countShort(sender[key]),
});

const columns: DataColumn<AlertSender>[] = [
	{
		key: "name",
		title: t("alerts.sender"),
		wide: true,
		cell: (sender) => <Name sender={sender} />,
	},
	{ key: "kind", title: t("alerts.kind"), roomy: true, cell: (sender) => sender.kind },
	counter("waiting", t("alerts.waiting")),
	counter("sent", t("alerts.sent")),
	counter("retries", t("alerts.retries"), "more"),
	counter("refused", t("alerts.refused"), "more"),
	counter("dropped", t("alerts.dropped"), "more"),
	{
		key: "acts",
		title: t("flows.action"),
		untitled: true,
		end: true,
		cell: (sender) => <TestButton sender={sender} />,
	},
];

export function SenderList({ senders }: { senders: AlertSender[] }) {
	if (senders.length)
		return (
			<DataTable
				label={t("alerts.senders")}
				columns={columns}
				rows={senders}
				id={(sender) => sender.name}
			/>
		);
	return (
		<Notice icon="export" title={t("alerts.noSenders")}>
			<p>{t("alerts.senderHelp")}</p>
			<pre>
				<code>--sender 'team: webhook https://chat.example.com/hook format=slack'</code>
			</pre>
		</Notice>
	);
}
