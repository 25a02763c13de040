// SPDX-License-Identifier: BSD-2-Clause
// Answers of a hub are what the OpenAPI document says. Needs a hub with sensors: FLOWBPF_URL.
import { answers } from "../api/documented.mjs";
import { check, finish } from "../api/raw.mjs";

const sensors = (await answers("/api/v1/fleet/sensors?since=-2h&by=region")).json;
check("there are sensors", sensors.items.length > 1, sensors.totals);
await answers("/api/v1/fleet/series?since=-2h&limit=1");
await answers("/api/v1/fleet/series");
for (const query of [
	"by=sensor",
	"by=host&compare=previous&sort=change",
	"by=total",
	"by=site&key=berlin",
	"by=tag:region",
	"by=host&once=true",
])
	await answers(`/api/v1/history/top?${query}`);
for (const query of ["by=site", "by=total", "by=name&limit=12"])
	await answers(`/api/v1/history/series?${query}`);
await answers("/api/v1/history/heat?by=service&tz_min=60");
for (const by of ["colour", "tag:", "tag:" + "x".repeat(130)])
	await answers(`/api/v1/history/top?by=${by}`, { status: 400 });
for (const query of ["since=-30d", "since=soon", "by=" + "x".repeat(129)])
	await answers(`/api/v1/fleet/sensors?${query}`, { status: 400 });
await answers("/api/v1/fleet/series?limit=13", { status: 400 });
finish();
