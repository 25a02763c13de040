// SPDX-License-Identifier: BSD-2-Clause
// What the operator said of connections to the judge: said, listed, taken back.

import { ask } from "../api/client";
import type { Teachings } from "../api/schema";
import type { Flow } from "../api/types";

type Teaching = Teachings["items"][number];

export const teach = (flow: string, deny: boolean): Promise<{ id: number }> =>
	ask("teachings", { method: "POST", body: { flow, deny } });

export const unteach = (id: number): Promise<unknown> =>
	ask(`teachings/${id}`, { method: "DELETE" });

const isOf = ({ client, server, port }: Teaching, { src, dst }: Flow): boolean =>
	(client === src.ip && server === dst.ip && (!port || port === dst.port)) ||
	(client === dst.ip && server === src.ip && (!port || port === src.port));

/** What was said of such connections, by its number; null: nothing. */
export async function teachingOf(flow: Flow): Promise<number | null> {
	const { items } = await ask<Teachings>("teachings");
	return items.find((one) => isOf(one, flow))?.id ?? null;
}
