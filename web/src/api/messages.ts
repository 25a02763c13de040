// SPDX-License-Identifier: BSD-2-Clause
// What tabs and the owner of the stream say to each other.

import type { Problem, ViewBody } from "./types";

export type LinkState = "connecting" | "live" | "waiting" | "polling" | "signed-out";

export type ToHub =
	| { t: "join" }
	| { t: "view"; body: ViewBody }
	| { t: "drop"; view: string }
	| { t: "retry" }
	| { t: "ping" }
	| { t: "bye" };

export type FromHub =
	| { t: "link"; state: LinkState }
	| { t: "event"; name: string; data: unknown }
	| { t: "refused"; view: string; problem: Problem };

export type Send = (message: FromHub) => void;
