// SPDX-License-Identifier: BSD-2-Clause
// Why what is above or below it has no buttons for who looks; nothing for who may.

import { whyNoChange } from "../data/access";

export function NotYours() {
	const why = whyNoChange();
	return why === null ? null : <p class="faint">{why}</p>;
}
