// `pnpm screenshots`: pictures of the built page in both schemes and on a phone, of a fleet that
// never was at a time that is always the same. All go to .tmp/screens/; those of the documentation
// also to docs/images/.
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { findBrowser, howToGetOne } from "../../../../.ci/browser.mjs";
import {
  pictureAlerts,
  pictureBudgets,
  pictureFleet,
  pictureHealth,
  pictureMetrics,
  picturePrincipals,
  pictureRuns,
  pictureSummary,
  pictureUsage,
} from "./picture-fleet.mjs";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const built = fileURLToPath(new URL("../../dist/page/", import.meta.url));
const screens = join(root, ".tmp", "screens");
/** The pictures of the documentation. */
const documented = ["fleet", "bot", "usage"];

const views = [
  { name: "fleet", hash: "#/", shown: ".item .strip" },
  { name: "bot", hash: "#/bots/twitch%2Fember", shown: ".chart canvas" },
  { name: "usage", hash: "#/usage", shown: ".usage .bar" },
  { name: "usage-whole", hash: "#/usage", shown: ".usage .bar", isWhole: true },
  { name: "usage-days", hash: "#/usage?by=day&range=30d", shown: ".usage .bar" },
  { name: "usage-channels", hash: "#/usage?by=channel&sort=calls", shown: ".usage .bar" },
  { name: "events", hash: "#/events", shown: ".event" },
  { name: "alerts", hash: "#/alerts", shown: ".alerts summary", isWhole: true },
  {
    name: "alerts-acknowledge",
    hash: "#/alerts",
    shown: ".alerts summary",
    isWhole: true,
    click: "text=Acknowledge",
  },
  {
    name: "alerts-silence",
    hash: "#/alerts",
    shown: ".alerts summary",
    isWhole: true,
    click: ".alerts >> text=Silence this bot",
  },
  {
    name: "silences",
    hash: "#/alerts",
    shown: ".alerts summary",
    isWhole: true,
    click: "text=Silence bots",
  },
  {
    name: "bot-forget",
    hash: "#/bots/discord%2Ffoundry",
    shown: ".changes",
    isWhole: true,
    click: "text=Forget this bot",
  },
  { name: "monitor", hash: "#/monitor", shown: ".tile small" },
  {
    name: "principals",
    state: "users/",
    hash: "#/monitor",
    shown: 'section[aria-label="Who reports"]',
    isWhole: true,
  },
  { name: "bot-numbers", hash: "#/bots/twitch%2Fember", shown: ".chart canvas", click: "text=Show numbers" },
  { name: "bot-lives", hash: "#/bots/twitch%2Fember", shown: ".chart canvas", isWhole: true },
  { name: "absent", hash: "#/bots/nobody", shown: "h1" },
  { name: "nothing", hash: "#/?q=nobody", shown: ".nothing" },
  { name: "groups", hash: "#/?group=platform&sort=mb", shown: "tr.group, .cards li button" },
  { name: "keys", hash: "#/", shown: ".item", key: "?" },
  { name: "login", state: "login/", hash: "#/", shown: "#token" },
  { name: "empty", state: "empty/", hash: "#/", shown: ".empty" },
  { name: "usage-empty", state: "empty/", hash: "#/usage", shown: ".nothing, .empty" },
  { name: "lost", state: "lost/", hash: "#/", shown: ".banner.lost" },
];
const looks = [
  { name: "", colorScheme: "dark", viewport: { width: 1_280, height: 800 } },
  { name: "-light", colorScheme: "light", viewport: { width: 1_280, height: 800 } },
  {
    name: "-phone",
    colorScheme: "dark",
    viewport: { width: 390, height: 844 },
    isMobile: true,
    hasTouch: true,
  },
  {
    name: "-phone-light",
    colorScheme: "light",
    viewport: { width: 390, height: 844 },
    isMobile: true,
    hasTouch: true,
  },
];

const executablePath = findBrowser();
if (executablePath === null) {
  console.error(howToGetOne);
  process.exit(1);
}
const shell = readFileSync(join(built, "index.html"), "utf8");
const fleet = pictureFleet();
const summary = pictureSummary(fleet, /name="kissbot-build" content="(\w+)"/.exec(shell)?.[1] ?? null);

/** What a monitor would answer; null for what it does not know. */
function answer(state, { pathname, searchParams }) {
  if (state === "login/" && pathname === "/api/v1/session") return { token_needed: true, known: false };
  if (state === "empty/" && pathname !== "/api/v1/session")
    return { events: [], runs: [], usage: [], budgets: [], truncated: false };
  if (pathname === "/api/v1/session") return { token_needed: false, known: false, may_write: true };
  if (pathname === "/api/v1/summary") return summary;
  if (pathname === "/healthz") return pictureHealth;
  if (pathname === "/api/v1/runs") return pictureRuns;
  if (pathname === "/api/v1/principals") return state === "users/" ? picturePrincipals : { principals: [] };
  const [, measured] = /^\/api\/v1\/bots\/([^/]+)\/metrics$/.exec(pathname) ?? [];
  if (measured !== undefined)
    return pictureMetrics(decodeURIComponent(measured), Number(searchParams.get("points")));
  if (pathname === "/api/v1/budgets") return pictureBudgets;
  if (pathname === "/api/v1/llm-usage") return pictureUsage(searchParams, fleet);
  const ofAlerts = pictureAlerts[pathname.replace("/api/v1/", "")];
  if (ofAlerts !== undefined) return ofAlerts;
  if (pathname !== "/api/v1/events") return null;
  const channel = searchParams.get("channel");
  return { events: fleet.events.filter((event) => channel === null || event.channel === channel) };
}

const kinds = {
  html: "text/html; charset=utf-8",
  js: "text/javascript",
  css: "text/css",
  svg: "image/svg+xml",
};
/**
 * Below a path of its own each state of the monitor is served; every URL of the page is relative.
 */
const server = createServer((request, response) => {
  const whole = new URL(request.url ?? "/", "http://localhost");
  const [, state = "", path] = /^\/((?:login|empty|lost|users)\/)?(.*)$/.exec(whole.pathname) ?? [];
  const url = new URL(`/${path}${whole.search}`, whole);
  const name = path === "" ? "index.html" : path.replace(/^assets\//, "");
  if (state === "login/" && /^api\/v1\/(?!session)/.test(path)) {
    response.writeHead(401, { "content-type": "application/json" });
    response.end(JSON.stringify({ error: { code: "unauthorized", message: "a token is needed" } }));
  } else if (path === "api/v1/stream") {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`event: hello\ndata: ${JSON.stringify(summary)}\n\n`);
    response.write(`event: snapshot\ndata: ${JSON.stringify(state === "empty/" ? [] : fleet.bots)}\n\n`);
    if (state === "lost/") setTimeout(() => response.destroy(), 500);
  } else if (readdirSync(built).includes(name)) {
    response.writeHead(200, { "content-type": kinds[name.split(".").at(-1)] ?? "text/plain" });
    response.end(readFileSync(join(built, name)));
  } else {
    const found = answer(state, url);
    response.writeHead(found === null ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(found));
  }
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

mkdirSync(screens, { recursive: true });
// Root has no sandbox.
const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
const browser = await chromium.launch({ executablePath, args });
const problems = [];
try {
  for (const { name: look, ...options } of looks) {
    for (const view of views) {
      const context = await browser.newContext({ ...options, timezoneId: "Europe/Berlin", locale: "en-US" });
      const page = await context.newPage();
      page.on("pageerror", (error) => problems.push(`${view.name}${look}: ${error.message}`));
      page.on("console", (message) => {
        const isOfState = view.state === "login/" || view.state === "lost/";
        if (message.type() === "error" && !isOfState) problems.push(`${view.name}${look}: ${message.text()}`);
      });
      await page.goto(`http://127.0.0.1:${server.address().port}/${view.state ?? ""}${view.hash}`);
      await page.waitForSelector(view.shown, { timeout: 20_000 });
      await page.waitForLoadState("load");
      // The history is asked after the snapshot: the strips are drawn with its answer.
      if (view.state !== "login/")
        await page.waitForFunction(
          "performance.getEntriesByType('resource').some(({ name }) => name.includes('/runs'))",
        );
      if (view.click !== undefined) await page.click(view.click);
      if (view.key !== undefined) await page.keyboard.press(view.key);
      await page.evaluate(
        "new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))",
      );
      await page.screenshot({
        path: join(screens, `${view.name}${look}.png`),
        fullPage: view.isWhole === true,
      });
      await context.close();
    }
  }
} finally {
  await browser.close();
  server.closeAllConnections();
  server.close();
}
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
mkdirSync(join(root, "docs", "images"), { recursive: true });
for (const name of documented)
  copyFileSync(join(screens, `${name}.png`), join(root, "docs", "images", `${name}.png`));
console.log(
  `${views.length * looks.length} pictures in .tmp/screens, ${documented.length} of them in docs/images`,
);
