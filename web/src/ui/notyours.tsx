// SPDX-License-Identifier: BSD-2-Clause
// Why what is above or below it has no buttons for who may act; nothing for who may, or only looks.

import { whyNoChange, whyNot } from "../data/access";

export function NotYours() {
	const why = whyNot() === null ? whyNoChange() : null;
	return why === null ? null : <p class="faint">{why}</p>;
}
