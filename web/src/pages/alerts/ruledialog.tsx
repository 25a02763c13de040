// SPDX-License-Identifier: BSD-2-Clause
// A rule of alerts is made or changed: written, tried on the past, kept; or taken back.

import { useSignal } from "@preact/signals";
import { reason } from "../../api/client";
import type { AlertRules, AlertRuleWords } from "../../api/schema";
import { refresh } from "../../api/state";
import { safe } from "../../core/text";
import { changeRule, makeAlertRule, removeRule } from "../../data/alerts";
import { closeDialog, Dialog, openDialog } from "../../ui/dialog";
import { toast } from "../../ui/toast";
import { t } from "../../words/t";
import { useDraft } from "./draft";
import { RuleForm } from "./ruleform";
import { Trial } from "./trial";

interface Written {
	name: string;
	rule: string;
	words: AlertRuleWords;
}

const BLANK: Written = {
	name: "",
	rule: ": rate > 50mbit by src.ip for 5m",
	words: {
		filter: null,
		measure: "rate",
		than: ">",
		limit: "50mbit",
		by: "src.ip",
		for: "5m",
		window: null,
		severity: null,
		repeat: null,
		quiet: null,
		unless: null,
	},
};

/** Twice, for what it knows is gone with it. */
function Remove({
	name,
	run,
}: {
	name: string;
	run: (act: () => Promise<unknown>, done: string) => void;
}) {
	const sure = useSignal(false);
	return (
		<button
			type="button"
			class="danger dialog-left"
			onClick={() => {
				if (sure.value)
					run(() => removeRule(name), t("alerts.removed", { name: safe(name) }));
				sure.value = true;
			}}
		>
			{sure.value ? t("alerts.removeSure", { name: safe(name) }) : t("flows.delete")}
		</button>
	);
}

function RuleDialog({
	of,
	rules,
	removable,
}: {
	of: Written | null;
	rules: AlertRules;
	removable: boolean;
}) {
	const draft = useDraft(of ?? BLANK);
	const error = useSignal<string | null>(null);
	const busy = useSignal(false);
	const run = async (act: () => Promise<unknown>, done: string) => {
		busy.value = true;
		error.value = null;
		try {
			await act();
			toast(done);
			refresh();
			closeDialog();
		} catch (why) {
			error.value = reason(why);
			busy.value = false;
		}
	};
	const keep = () =>
		of ? changeRule(of.name, draft.rule.peek()) : makeAlertRule(draft.rule.peek());
	return (
		<Dialog wide title={of ? safe(of.name) : t("alerts.newRule")} onClose={closeDialog}>
			<form
				onSubmit={(event) => {
					event.preventDefault();
					const name = safe(draft.name.peek());
					if (draft.ok.peek() && !busy.peek()) void run(keep, t("alerts.kept", { name }));
				}}
			>
				<RuleForm draft={draft} rules={rules} named={of !== null} />
				<Trial rule={draft.rule.value} ready={draft.ok.value} />
				{error.value ? (
					<p class="bad-text" role="alert">
						{safe(error.value)}
					</p>
				) : null}
				<div class="dialog-acts">
					{of && removable ? <Remove name={of.name} run={run} /> : null}
					<button type="button" onClick={closeDialog}>
						{t("word.cancel")}
					</button>
					<button type="submit" class="primary" disabled={!draft.ok.value || busy.value}>
						{t("alerts.keep")}
					</button>
				</div>
			</form>
		</Dialog>
	);
}

/** `of` null: a new one. */
export function writeRule(of: Written | null, rules: AlertRules, removable = false): void {
	openDialog.value = () => <RuleDialog of={of} rules={rules} removable={removable} />;
}
