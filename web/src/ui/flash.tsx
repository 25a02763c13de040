// SPDX-License-Identifier: BSD-2-Clause
// A figure that lights up for a moment when it grew by a tenth or more: what woke up is seen,
// what goes on steadily stays calm.

import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";

const SHARE = 0.1;

export function Flash({ value, children }: { value: number | null; children: ComponentChildren }) {
	const was = useRef<number | null>(null);
	const times = useRef(0);
	if (
		value !== null &&
		was.current !== null &&
		value - was.current >= SHARE * Math.max(1, was.current)
	)
		times.current++;
	was.current = value;
	// two names for one animation: changing between them starts it again
	const cls = times.current === 0 ? "" : times.current % 2 ? "flash-a" : "flash-b";
	return <span class={cls}>{children}</span>;
}
