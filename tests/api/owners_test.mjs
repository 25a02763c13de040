// SPDX-License-Identifier: BSD-2-Clause
// Whose flows are: programs with their totals. Needs a daemon under traffic: FLOWBPF_URL.
import { answers } from "./documented.mjs";
import { check, finish, request } from "./raw.mjs";

const all = (await answers("/api/v1/processes?live=both&limit=1000")).json;
const matched = (await request("/api/v1/flows?live=both&limit=1")).json.page.matched;
const owned = all.items.reduce((sum, item) => sum + item.flows, 0);
check(
	"processes have all flows, but those that no process has",
	Math.abs(owned + all.unowned - matched) <= 5,
	`${owned} + ${all.unowned} of ${matched}`,
);
const busiest = all.items.map((item) => item.rate_bps.up + item.rate_bps.down);
check(
	"the busiest is first",
	busiest.every((rate, i) => i === 0 || busiest[i - 1] >= rate),
	busiest.join(),
);
const page = (await answers("/api/v1/processes?live=both&limit=1&offset=1")).json;
check("a page has what is asked for", page.items.length <= 1 && page.page.offset === 1, page);
const none = (await answers("/api/v1/processes?live=both&filter=owner.process%3Dnobody")).json;
check("a filter is for flows", none.items.length === 0 && none.unowned === 0, none);
for (const [query, at] of [
	["filter=scr%3D1", "filter"],
	["limit=0", "limit"],
	["nonsense=1", "nonsense"],
]) {
	const res = await answers(`/api/v1/processes?${query}`, { status: 400 });
	check(`processes?${query}: the error names ${at}`, res.json?.errors?.[0]?.parameter === at);
}
const listeners = (await answers("/api/v1/listeners")).json;
check(
	"sockets that listen: no two of one address",
	new Set(listeners.items.map((item) => `${item.proto} ${item.address} ${item.port}`)).size ===
		listeners.items.length,
);
finish();
