import { effect } from "@preact/signals";
import { render } from "preact";
import { searchId } from "./fleet/fleet-tools.js";
import { App } from "./frame/app.js";
import { PageProvider } from "./frame/page-context.js";
import { PageModel } from "./frame/page-model.js";
import { iconOf, titleOf } from "./frame/page-title.js";
import { Preferences } from "./frame/preferences.js";
import { pressKey } from "./frame/press-key.js";

const tickMs = 1_000;
const steadyMs = () => performance.now();
const isHidden = () => document.visibilityState === "hidden";
// Every path is relative to the shell, so the page works below any path of a proxy.
const ask = (path: string, init: RequestInit = {}) =>
  fetch(new URL(path, document.baseURI), { ...init, credentials: "same-origin", cache: "no-store" });

const page = new PageModel({
  surroundings: {
    fetch: ask,
    steadyMs,
    after: (delayMs, then) => {
      const timer = setTimeout(then, delayMs);
      return () => clearTimeout(timer);
    },
    random: Math.random,
    isHidden,
  },
  fetch: ask,
  preferences: new Preferences(() => window.localStorage),
  window,
  build: document.querySelector<HTMLMetaElement>('meta[name="kissbot-build"]')?.content ?? null,
});

// The clock on the page stands still while nobody sees it.
let ticking: ReturnType<typeof setInterval> | undefined;
function tickWhileSeen(): void {
  clearInterval(ticking);
  if (isHidden()) return;
  page.tick();
  ticking = setInterval(() => page.tick(), tickMs);
}
document.addEventListener("visibilitychange", () => {
  tickWhileSeen();
  page.connection.visibilityChanged();
  loadNewBuild();
});
window.addEventListener("online", () => page.connection.retry());
window.addEventListener("hashchange", () => page.hashChanged());
window.addEventListener("popstate", () => page.hashChanged());
window.addEventListener("keydown", (event) => pressKey(page, event, searchId));

/**
 * While nobody sees it, the page loads a new build by itself; once, as a cache on the way may still
 * have the old one.
 */
function loadNewBuild(): void {
  const build = page.isOutdated.value ? page.summary.value?.build : null;
  if (!build || !isHidden()) return;
  try {
    if (window.sessionStorage.getItem("build") === build) return;
    window.sessionStorage.setItem("build", build);
  } catch {
    // Without a memory it might load itself for ever: the button is there.
    return;
  }
  window.location.reload();
}
effect(loadNewBuild);

effect(() => {
  const theme = page.theme.value;
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
});

const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
const calmIcon = icon?.href ?? "";
effect(() => {
  const counts = page.tabCounts.value;
  const name = page.summary.value?.name ?? null;
  document.title = counts === null ? "KissBot Monitor" : titleOf(counts, name, page.subject.value);
  const href = (counts === null ? null : iconOf(counts)) ?? calmIcon;
  if (icon !== null && icon.href !== href) icon.href = href;
});

tickWhileSeen();
// The question is on its way while the first picture is drawn.
page.connection.start();
const root = document.getElementById("page");
if (root !== null) {
  render(
    <PageProvider value={page}>
      <App />
    </PageProvider>,
    root,
  );
}
