// SPDX-License-Identifier: BSD-2-Clause
// Modal dialogs on the browser's own <dialog>: focus stays inside, Escape closes, focus returns.

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "./icons";
import { t } from "../words/t";

interface DialogProps {
	title: string;
	/** without it the dialog stays until what it asks for is done */
	onClose?: () => void;
	children: ComponentChildren;
	wide?: boolean;
	side?: boolean;
}

export function Dialog({ title, onClose, children, wide, side }: DialogProps) {
	const ref = useRef<HTMLDialogElement>(null);
	useEffect(() => {
		const before = document.activeElement as HTMLElement | null;
		ref.current?.showModal();
		return () => before?.isConnected && before.focus({ preventScroll: true });
	}, []);
	const kind = side ? "side" : wide ? "wide" : "";
	return (
		<dialog
			ref={ref}
			class={`dialog ${kind}`}
			aria-label={title}
			onCancel={(event) => {
				event.preventDefault();
				onClose?.();
			}}
			onClick={(event) => event.target === ref.current && onClose?.()}
		>
			<div class="dialog-body">
				<header class="dialog-head">
					<h2>{title}</h2>
					{onClose ? (
						<button
							type="button"
							class="ghost icon-only"
							aria-label={t("dialog.close")}
							onClick={onClose}
						>
							<Icon name="close" />
						</button>
					) : null}
				</header>
				{children}
			</div>
		</dialog>
	);
}

/** The dialog that is open, as a component to render; null is none. */
export const openDialog = signal<(() => ComponentChildren) | null>(null);

export function closeDialog(): void {
	openDialog.value = null;
}

export function DialogHost() {
	const Open = openDialog.value;
	return Open ? <Open /> : null;
}
