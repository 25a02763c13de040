// SPDX-License-Identifier: BSD-2-Clause

import type { Device } from "../../api/types";
import { safe } from "../../core/text";
import { t } from "../../words/t";

/** Who made it; null: not known. */
export const vendorOf = (device: Device): string | null =>
	device.randomised ? t("devices.randomised") : device.vendor && safe(device.vendor);
