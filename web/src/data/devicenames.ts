// SPDX-License-Identifier: BSD-2-Clause
// What devices are called, for pictures whose data has MACs only.

import type { Device, Devices } from "../api/types";
import { usePolled } from "./polled";

/** Its label, else its name, else its MAC. */
export const deviceName = (device: Device): string => device.label ?? device.host ?? device.mac;

const SECONDS = 30;

/** By MAC; null: nobody wants them, or they are not there yet. */
export function useDeviceNames(wanted: boolean): Map<string, string> | null {
	const list = usePolled<Devices>(wanted ? "devices" : null, {}, SECONDS).data.value;
	return list && new Map(list.items.map((device) => [device.mac, deviceName(device)]));
}
