// SPDX-License-Identifier: BSD-2-Clause
// How old the newest figures are, and whether the server's clock was set: both by the browser's
// monotonic clock (ms), which nobody sets. Pure but for what it remembers.

export class Freshness {
	private epoch: number | null = null;
	private movedAt: number | null = null;

	/** A summary came; one of the same epoch says nothing new. */
	saw(epoch: number, at: number): void {
		if (epoch === this.epoch) return;
		this.epoch = epoch;
		this.movedAt = at;
	}

	/** Another stream counts its epochs anew: what it says first is new, whatever its number. */
	anew(): void {
		this.epoch = null;
	}

	age(at: number): number {
		return this.movedAt === null ? 0 : at - this.movedAt;
	}
}

const STEP_MS = 2000; // less is drift, and jitter of the network
// Times that must agree, the first ones too: one that was held up on its way seems late as well,
// and a tab that joins others is told what these were told when they began.
const SURE = 3;
const AGREE_MS = 1000;
/** Back by less than this, for less time than that, is what all times look like that wait for a busy browser. */
const HELD_UP_MS = 10_000;
const SURE_OF_LITTLE = 12;

export class ClockWatch {
	private offset: number | null = null;
	private doubt: number[] = [];

	/** The server's time as it came; by how much its clock was set, once that is sure, else 0. */
	saw(server: number, at: number): number {
		const seen = server - at;
		if (this.offset !== null && Math.abs(seen - this.offset) < STEP_MS) {
			this.offset = seen;
			this.doubt = [];
			return 0;
		}
		if (this.doubt.some((other) => Math.abs(other - seen) > AGREE_MS)) this.doubt = [];
		this.doubt.push(seen);
		const step = this.offset === null ? 0 : seen - this.offset;
		const sure = step < 0 && step > -HELD_UP_MS ? SURE_OF_LITTLE : SURE;
		if (this.doubt.length < sure) return 0;
		this.forget();
		this.offset = seen;
		return step;
	}

	/** Another server has another clock. */
	forget(): void {
		this.offset = null;
		this.doubt = [];
	}
}
