// SPDX-License-Identifier: BSD-2-Clause
// Sign in with a link or a token, or a name and a password, over the page: what was on it stays where
// it was.

import { type Signal, useSignal } from "@preact/signals";
import { ApiError, reason } from "../api/client";
import { refresh, retryNow } from "../api/state";
import { linkFailed, session, signIn, signInAs, tokenOf } from "../data/access";
import { loadFields } from "../data/fields";
import { Dialog } from "../ui/dialog";
import { Icon } from "../ui/icons";
import { copy } from "../ui/toast";
import { rich, t } from "../words/t";

const COMMAND = "sudo flowbpf login";

/** Of who has a password; without one it is a link or a token. */
function Name({ name }: { name: Signal<string> }) {
	return (
		<label class="field">
			<span>{t("login.name")}</span>
			<input
				type="text"
				name="username"
				autocomplete="username"
				autocapitalize="none"
				spellcheck={false}
				autofocus
				maxLength={31}
				placeholder={t("login.noName")}
				value={name.value}
				onInput={(event) => {
					name.value = event.currentTarget.value.trim();
				}}
			/>
		</label>
	);
}

export function Login() {
	const name = useSignal("");
	const token = useSignal("");
	const failed = useSignal<string | null>(linkFailed.value);
	const busy = useSignal(false);
	const run = async (event: Event) => {
		event.preventDefault();
		busy.value = true;
		try {
			if (name.value) await signInAs(name.value, token.value);
			else await signIn(tokenOf(token.value));
			void loadFields();
			retryNow();
			refresh();
		} catch (error) {
			const wait = error instanceof ApiError && error.problem.status === 429;
			failed.value = wait ? t("login.tooManyTries", { error: reason(error) }) : reason(error);
		}
		busy.value = false;
	};
	return (
		<Dialog title={t("login.title")}>
			<form onSubmit={(event) => void run(event)}>
				<p>{t("login.howTo")}</p>
				<p class="command">
					<code>{COMMAND}</code>
					<button
						type="button"
						class="ghost icon-only"
						aria-label={t("word.copyWhat", { what: COMMAND })}
						onClick={() => void copy(COMMAND, t("word.command"))}
					>
						<Icon name="copy" size={14} />
					</button>
				</p>
				<p class="faint">{rich("login.howToUse", { option: <code>--token-file</code> })}</p>
				{session.value?.passwords ? (
					<Name name={name} />
				) : (
					<input
						type="text"
						name="username"
						autocomplete="username"
						value="flowbpf"
						readOnly
						hidden
					/>
				)}
				<label class="field">
					<span>
						{t(session.value?.passwords ? "login.secret" : "login.linkOrToken")}
					</span>
					<input
						type="password"
						name="token"
						autocomplete="current-password"
						autofocus={!session.value?.passwords}
						required
						value={token.value}
						aria-invalid={failed.value !== null}
						aria-describedby="login-failed"
						onInput={(event) => {
							token.value = event.currentTarget.value;
						}}
					/>
				</label>
				<p id="login-failed" class="bad-text" role="alert">
					{failed.value}
				</p>
				<div class="dialog-acts">
					<button type="submit" class="primary" disabled={busy.value || !token.value}>
						{t("login.signIn")}
					</button>
				</div>
			</form>
		</Dialog>
	);
}
