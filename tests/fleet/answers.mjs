// SPDX-License-Identifier: BSD-2-Clause
// Answers of a hub are what the OpenAPI document says. Needs a hub with sensors: FLOWBPF_URL.
import { answers } from "../api/documented.mjs";
import { check, finish } from "../api/raw.mjs";

const sensors = (await answers("/api/v1/fleet/sensors?since=-2h&by=region")).json;
check("there are sensors", sensors.items.length > 1, sensors.totals);
await answers("/api/v1/fleet/series?since=-2h&limit=1");
await answers("/api/v1/fleet/series");
for (const query of ["since=-30d", "since=soon", "by=" + "x".repeat(129)])
	await answers(`/api/v1/fleet/sensors?${query}`, { status: 400 });
await answers("/api/v1/fleet/series?limit=13", { status: 400 });
finish();
