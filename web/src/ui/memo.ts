// SPDX-License-Identifier: BSD-2-Clause
// A component that is drawn anew only when one of its properties is another one (or a signal
// that it reads changed, which goes its own way).

import { Component, type ComponentType, h, type JSX } from "preact";

export function memo<P extends object>(
	Inner: (props: P) => JSX.Element | null,
): ComponentType<P & { key?: string }> {
	return class Memo extends Component<P> {
		override shouldComponentUpdate(next: P): boolean {
			const now = this.props as P;
			const names = Object.keys(next) as (keyof P)[];
			return (
				names.length !== Object.keys(now).length ||
				names.some((name) => now[name] !== next[name])
			);
		}
		override render() {
			return h(Inner as ComponentType<P>, this.props as P);
		}
	} as unknown as ComponentType<P & { key?: string }>;
}
