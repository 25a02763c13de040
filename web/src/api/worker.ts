// SPDX-License-Identifier: BSD-2-Clause
// The shared worker: one stream for all tabs of this browser (a browser allows six connections
// to one origin, and a stream holds one).

import { Hub } from "./hub";
import type { ToHub } from "./messages";

const hub = new Hub();
let next = 0;

(globalThis as unknown as { onconnect: (event: MessageEvent) => void }).onconnect = (event) => {
	const port = event.ports[0]!;
	const id = `t${next++}`;
	port.onmessage = (message: MessageEvent<ToHub>) =>
		hub.receive(id, message.data, (answer) => port.postMessage(answer));
	port.start();
};
