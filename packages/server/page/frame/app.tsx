import { AlertsPage } from "../alerts/alerts-page.js";
import { BotPage } from "../bot/bot-page.js";
import { EventsPage } from "../events/events-page.js";
import { FleetPage } from "../fleet/fleet-page.js";
import { MonitorPage } from "../monitor/monitor-page.js";
import { UsagePage } from "../usage/usage-page.js";
import { Banner } from "./banner.js";
import { Header } from "./header.js";
import { KeyList } from "./key-list.js";
import { Login } from "./login.js";
import { usePage } from "./page-context.js";

export function App() {
  const page = usePage();
  const { kind } = page.link.value;
  return (
    <>
      <Header />
      <Banner />
      {kind === "login" ? <Login /> : page.hasFleet.value ? <Shown /> : <Waiting />}
      <KeyList />
    </>
  );
}

function Shown() {
  const page = usePage();
  const { kind } = page.link.value;
  const isOld = kind === "lost" || kind === "busy";
  return (
    <main class={isOld ? "old" : ""}>
      <PageOf />
    </main>
  );
}

function PageOf() {
  const { page, channel } = usePage().route.value;
  if (page === "bot") return <BotPage key={channel} channel={channel} />;
  if (page === "alerts") return <AlertsPage />;
  if (page === "usage") return <UsagePage />;
  if (page === "monitor") return <MonitorPage />;
  return page === "events" ? <EventsPage /> : <FleetPage />;
}

function Waiting() {
  return (
    <main>
      <h1>KissBot Monitor</h1>
      <p class="dim">Waiting for the fleet …</p>
    </main>
  );
}
