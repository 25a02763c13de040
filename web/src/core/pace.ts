// SPDX-License-Identifier: BSD-2-Clause
// No more often than this: what comes too early is done later, once, however much came meanwhile.

interface Pace {
	/** do it now if its time has come (or it must be), else when it has */
	ask(force?: boolean): void;
	stop(): void;
}

const SLACK_MS = 300; // ticks come a little early or late

export function pace(everyMs: () => number, run: () => void): Pace {
	let last = Number.NEGATIVE_INFINITY;
	let timer: ReturnType<typeof setTimeout> | undefined;
	const go = () => {
		clearTimeout(timer);
		timer = undefined;
		last = performance.now();
		run();
	};
	return {
		ask(force = false) {
			const rest = last + everyMs() - SLACK_MS - performance.now();
			if (force || rest <= 0) go();
			else timer ??= setTimeout(go, rest);
		},
		stop: () => clearTimeout(timer),
	};
}
