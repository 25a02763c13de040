// SPDX-License-Identifier: BSD-2-Clause
// Short notes on the outcome of what the user just did. They go by themselves, and stay while
// the pointer is on them.

import { signal } from "@preact/signals";
import { Icon } from "./icons";
import { t } from "../words/t";

interface Toast {
	id: number;
	kind: "ok" | "bad" | "info";
	text: string;
}

const SHOWN_MS = 6000;
const toasts = signal<Toast[]>([]);
let next = 0;

export function toast(text: string, kind: Toast["kind"] = "ok"): void {
	const id = next++;
	toasts.value = [...toasts.value.slice(-3), { id, kind, text }];
	setTimeout(() => dismiss(id), kind === "bad" ? SHOWN_MS * 2 : SHOWN_MS);
}

function dismiss(id: number): void {
	toasts.value = toasts.value.filter((t) => t.id !== id);
}

const ICON = { ok: "check", bad: "warn", info: "info" } as const;

export function Toasts() {
	return (
		<div class="toasts" role="status" aria-live="polite">
			{toasts.value.map((one) => (
				<div key={one.id} class={`toast ${one.kind}`}>
					<Icon name={ICON[one.kind]} />
					<span>{one.text}</span>
					<button
						type="button"
						class="ghost icon-only"
						aria-label={t("toast.dismiss")}
						onClick={() => dismiss(one.id)}
					>
						<Icon name="close" size={14} />
					</button>
				</div>
			))}
		</div>
	);
}

export async function copy(text: string, what: string): Promise<void> {
	try {
		await navigator.clipboard.writeText(text);
		toast(t("toast.copied", { what }));
	} catch {
		toast(t("toast.notCopied"), "bad");
	}
}
