import { BotPage } from "../bot/bot-page.js";
import { FleetPage } from "../fleet/fleet-page.js";
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
      {page.route.value.page === "bot" ? (
        <BotPage key={page.route.value.channel} channel={page.route.value.channel} />
      ) : (
        <FleetPage />
      )}
    </main>
  );
}

function Waiting() {
  return (
    <main>
      <h1>KissBot Monitor</h1>
      <p class="dim">Waiting for the fleet …</p>
    </main>
  );
}
