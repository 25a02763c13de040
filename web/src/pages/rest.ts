// SPDX-License-Identifier: BSD-2-Clause
// The pages that come after the first one, as one part: many small ones would cost more than they
// spare.

export { DevicesPage } from "./devices/page";
export { HistoryPage } from "./history/page";
export { HostsPage } from "./hosts/page";
export { InterfacesPage } from "./interfaces/page";
export { LogPage } from "./log";
export { MapPage } from "./map/page";
export { PathsPage } from "./paths/page";
export { ProcessesPage } from "./processes/page";
export { QualityPage } from "./quality/page";
export { SettingsPage } from "./settings";
