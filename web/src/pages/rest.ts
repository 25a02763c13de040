// SPDX-License-Identifier: BSD-2-Clause
// The pages that come after the first one, and what that shows seldom, as one part: many small ones
// would cost more than they spare.

import "../words/rest";
export { AlertsPage } from "./alerts/page";
export { DevicesPage } from "./devices/page";
export { SensorMark } from "./fleet/mark";
export { FleetPage } from "./fleet/page";
export { FlushDialog, ForgetDialog, KillDialog } from "./flows/confirm";
export { Drawer } from "./flows/drawer";
export { GroupedTable } from "./flows/grouped";
export { Looking } from "./flows/looking";
export { HistoryPage } from "./history/page";
export { HostsPage } from "./hosts/page";
export { InterfacesPage } from "./interfaces/page";
export { JudgePanel } from "./judge/panel";
export { Why } from "./judge/why";
export { LogPage } from "./log";
export { Login } from "./login";
export { MapPage } from "./map/page";
export { PathsPage } from "./paths/page";
export { ProcessesPage } from "./processes/page";
export { QualityPage } from "./quality/page";
export { ReportPage } from "./report/page";
export { ActDialog } from "./rules/actdialog";
export { PanicMark, RulesPage } from "./rules/page";
export { SettingsPage } from "./settings";
export { TimeChosen } from "../ui/timechosen";
export { TimeSlider } from "../ui/timeslider";
