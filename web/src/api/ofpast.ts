// SPDX-License-Identifier: BSD-2-Clause
// Questions about flows that go along with the chosen time: where memory no longer has it, the
// history answers them.

import { onceQuery, past } from "../core/time";
import type { Query } from "./client";

const OF_FLOWS = /^(flows|hosts|sankey|(aggregate|matrix|hosts)\/.*)$/;

const OF_SUMS = /^history\/(top|series|heat)$/;

/** The query with the time in it, and of a fleet how it counts; reads a signal. */
export const ofPast = (path: string, query: Query): Query =>
	OF_SUMS.test(path)
		? { ...query, ...onceQuery.value }
		: past.value && OF_FLOWS.test(path)
			? { ...query, ...past.value }
			: query;

const ONCE_IN_S = 30;

/** How often the answer may be another: never, of a time that is over. */
export const secondsOf = (query: Query, usual: number): number =>
	query.at || query.until ? Number.POSITIVE_INFINITY : query.source ? ONCE_IN_S : usual;
