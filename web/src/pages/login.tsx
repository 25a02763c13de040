// SPDX-License-Identifier: BSD-2-Clause
// Sign in with a link or a token, over the page: what was on it stays where it was.

import { useSignal } from "@preact/signals";
import { ApiError, reason } from "../api/client";
import { refresh, retryNow } from "../api/state";
import { linkFailed, signIn, tokenOf } from "../data/access";
import { loadFields } from "../data/fields";
import { Dialog } from "../ui/dialog";
import { Icon } from "../ui/icons";
import { copy } from "../ui/toast";

const COMMAND = "sudo flowbpf login";

export function Login() {
	const token = useSignal("");
	const failed = useSignal<string | null>(linkFailed.value);
	const busy = useSignal(false);
	const run = async (event: Event) => {
		event.preventDefault();
		busy.value = true;
		try {
			await signIn(tokenOf(token.value));
			void loadFields();
			retryNow();
			refresh();
		} catch (error) {
			const wait = error instanceof ApiError && error.problem.status === 429;
			failed.value = wait ? `Too many tries: ${reason(error)}` : reason(error);
		}
		busy.value = false;
	};
	return (
		<Dialog title="Sign in to flowbpf">
			<form onSubmit={(event) => void run(event)}>
				<p>On the machine where flowbpf runs, this prints a link that signs you in:</p>
				<p class="command">
					<code>{COMMAND}</code>
					<button
						type="button"
						class="ghost icon-only"
						aria-label={`Copy ${COMMAND}`}
						onClick={() => void copy(COMMAND, "command")}
					>
						<Icon name="copy" size={14} />
					</button>
				</p>
				<p class="faint">
					Open that link, or paste it here. It is good once, for 15 minutes. A token of
					the <code>--token-file</code> works as well.
				</p>
				<input
					type="text"
					name="username"
					autocomplete="username"
					value="flowbpf"
					readOnly
					hidden
				/>
				<label class="field">
					<span>Link or token</span>
					<input
						type="password"
						name="token"
						autocomplete="current-password"
						autofocus
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
						Sign in
					</button>
				</div>
			</form>
		</Dialog>
	);
}
