import type { LinkKind } from "../link/connection.js";
import { BotText } from "./bot-text.js";
import { usePage } from "./page-context.js";
import type { PageModel } from "./page-model.js";
import { themes } from "./preferences.js";
import { countText } from "./quantity-text.js";
import { isZone } from "./time-text.js";

const linkWords: Readonly<Record<LinkKind, string>> = {
  connecting: "connecting",
  live: "live",
  late: "late",
  lost: "no connection",
  login: "not logged in",
  busy: "monitor busy",
};

const pageLinks = [
  { name: "fleet", text: "Fleet" },
  { name: "alerts", text: "Alerts" },
  { name: "usage", text: "Usage" },
  { name: "events", text: "Events" },
  { name: "monitor", text: "Monitor" },
] as const;

/** Name, pages, and how the monitor and the link to it are. */
export function Header() {
  const page = usePage();
  const { page: shown } = page.route.value;
  const name = page.summary.value?.name ?? null;
  return (
    <header class="top">
      <a class="brand" href={page.href({})}>
        KissBot Monitor
        {name !== null && (
          <span class="host">
            <BotText text={name} />
          </span>
        )}
      </a>
      <nav aria-label="Pages">
        {pageLinks.map(({ name, text }) => (
          <a
            key={name}
            href={page.href({ page: name })}
            // The page of a bot lies below that of the fleet.
            aria-current={shown === name ? "page" : shown === "bot" && name === "fleet" ? "true" : undefined}
          >
            {text}
          </a>
        ))}
      </nav>
      <div class="state">
        <LinkStatus />
        <MonitorFacts />
        <ThemeChoice />
        <ZoneChoice />
      </div>
    </header>
  );
}

function LinkStatus() {
  const { kind } = usePage().link.value;
  return (
    <span class={`link is-${kind}`}>
      <span class="dot" aria-hidden="true" />
      {linkWords[kind]}
    </span>
  );
}

/** What the monitor says of itself. What is well needs no colour. */
function MonitorFacts() {
  const summary = usePage().summary.value;
  if (summary === null) return null;
  const lost = summary.rowsLost + summary.shed + summary.clientDropped;
  const lagMs = summary.lagMsP99;
  return (
    <span class="facts">
      {lagMs !== null && (
        <span title="Lag of the monitor's event loop, 99th percentile of the last minute">
          lag {lagMs.toFixed(0)} ms
        </span>
      )}
      <span title="Messages that wait in the monitor">queue {countText(summary.queueDepth)}</span>
      <span class={lost > 0 ? "bad" : ""} title="Lines and rows that the monitor or the bots' clients lost">
        {countText(lost)} lost
      </span>
      {summary.problems.map(({ code, detail }) => (
        <span key={code} class="bad" title={detail}>
          {code.replaceAll("_", " ")}
        </span>
      ))}
    </span>
  );
}

function ThemeChoice() {
  const page = usePage();
  return (
    <select
      class="quiet"
      aria-label="Theme"
      value={page.theme.value}
      onChange={({ currentTarget }) => {
        page.setTheme(themes.find((theme) => theme === currentTarget.value) ?? "system");
      }}
    >
      {themes.map((theme) => (
        <option key={theme} value={theme}>
          {theme}
        </option>
      ))}
    </select>
  );
}

/** The browser's zone, UTC, and whichever the URL or an earlier choice names. */
export function zonesOf(page: PageModel): readonly string[] {
  const chosen = page.route.value.zone || page.ownZone.value;
  return [...new Set(["", "UTC", ...(isZone(chosen) ? [chosen] : [])])];
}

function ZoneChoice() {
  const page = usePage();
  const chosen = page.route.value.zone || page.ownZone.value;
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <select
      class="quiet"
      aria-label="Time zone"
      value={isZone(chosen) ? chosen : ""}
      onChange={({ currentTarget }) => page.setZone(currentTarget.value)}
    >
      {zonesOf(page).map((zone) => (
        <option key={zone} value={zone}>
          {zone === "" ? `${own} (local)` : zone}
        </option>
      ))}
    </select>
  );
}
