// SPDX-License-Identifier: BSD-2-Clause
// Boot: settings, stream, routes; then the shell with the page of the address.

import type { ComponentType } from "preact";
import { render } from "preact";
import { useEffect } from "preact/hooks";
import { callSilence } from "./api/client";
import { linkState, restarted, retryNow, start } from "./api/state";
import { loadSession, takeLink } from "./data/access";
import { loadFields } from "./data/fields";
import { startHistory } from "./data/lastminutes";
import { sensor } from "./core/base";
import { listen, register } from "./core/keys";
import { titleOf } from "./ui/pages";
import { catchLinks, path } from "./core/route";
import { applySettings } from "./core/settings";
import { fleet, takeStill } from "./core/time";
import { FlowsPage } from "./pages/flows/page";
import { NotFound } from "./pages/notfound";
import { OverviewPage } from "./pages/overview/page";
import { DialogHost } from "./ui/dialog";
import { globalKeys } from "./ui/keyhelp";
import { later, loadLater, seldom } from "./ui/later";
import { MenuHost } from "./ui/menu";
import { Shell } from "./ui/shell";
import { Spoken } from "./ui/spoken";
import { toast, Toasts } from "./ui/toast";
import { t } from "./words/t";
import "./styles/app.css";

const ANSWERS_MS = 2000;

const FleetPage = later("FleetPage");
const Login = seldom((pages) => pages.Login);

const ROUTES: [RegExp, ComponentType][] = [
	[/^\/$/, OverviewPage],
	[/^\/devices$/, later("DevicesPage")],
	[/^\/hosts(\/[^/]+)?$/, later("HostsPage")],
	[/^\/paths$/, later("PathsPage")],
	[/^\/map$/, later("MapPage")],
	[/^\/processes$/, later("ProcessesPage")],
	[/^\/quality$/, later("QualityPage")],
	[/^\/interfaces$/, later("InterfacesPage")],
	[/^\/history$/, later("HistoryPage")],
	[/^\/alerts$/, later("AlertsPage")],
	[/^\/rules$/, later("RulesPage")],
	[/^\/report$/, later("ReportPage")],
	[/^\/log$/, later("LogPage")],
	[/^\/settings$/, later("SettingsPage")],
	[/^\/flows(\/[^/]+)?$/, FlowsPage],
];

function App() {
	const where = path.value;
	const Page =
		fleet.value && where === "/"
			? FleetPage
			: (ROUTES.find(([pattern]) => pattern.test(where))?.[1] ?? NotFound);
	useEffect(() => {
		document.title = `${titleOf(where)} · ${sensor || "flowbpf"}`;
	}, [where]);
	useEffect(() => {
		if (restarted.value) toast(t("shell.restarted"), "info");
	}, [restarted.value]);
	return (
		<>
			<Shell>
				<Page />
				<MenuHost />
			</Shell>
			{linkState.value === "signed-out" ? <Login /> : null}
			<DialogHost />
			<Toasts />
			<Spoken />
		</>
	);
}

callSilence(t("notice.noAnswer"));
applySettings();
takeStill();
catchLinks();
listen();
register("global", globalKeys());
const signedIn = await takeLink();
start();
startHistory();
/* a hub has other pages, and rows are asked for while they are drawn: both come first, unless nobody says */
await Promise.race([
	Promise.all([signedIn || loadSession(), loadFields()]),
	new Promise((go) => setTimeout(go, ANSWERS_MS)),
]);
render(<App />, document.getElementById("app")!);
loadLater();
/* a link that is opened where the page is already: only what is behind the # changes */
addEventListener("hashchange", () => void takeLink().then(retryNow));
