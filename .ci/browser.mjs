// Where a browser is for the tests of the page. `node .ci/browser.mjs` says so; with CI=true it
// installs Debian's headless Chromium where it is root and has apt, and fails where there is none
// after that. On a desk the browser tests are skipped and counted.
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

const commands = [
  "chromium-headless-shell",
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
  "microsoft-edge",
];
const places = {
  darwin: [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
  ],
  win32: ["PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"].flatMap((name) => {
    const folder = process.env[name];
    if (folder === undefined) return [];
    return ["Google\\Chrome\\Application\\chrome.exe", "Microsoft\\Edge\\Application\\msedge.exe"].map(
      (file) => join(folder, file),
    );
  }),
};

/**
 * The path of a Chromium; null where none is found. KISSBOT_CHROMIUM names one, and then no other
 * counts.
 */
export function findBrowser({ env = process.env, platform = process.platform } = {}) {
  const named = env.KISSBOT_CHROMIUM ?? "";
  const folders = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const candidates =
    named !== ""
      ? [named]
      : [
          ...commands.flatMap((command) => folders.map((folder) => join(folder, command))),
          ...(places[platform] ?? []),
        ];
  return candidates.find(isProgram) ?? null;
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What was looked for, in a sentence. */
export const howToGetOne = `The tests of the page need a Chromium: none of ${commands.join(", ")} is on the PATH. Install one (Debian: apt-get install chromium-headless-shell), or name one with KISSBOT_CHROMIUM.`;

const flags = ["install", "-y", "--no-install-recommends"];

/**
 * Debian's Chromium without a window; where that package is missing, the whole one. True where one
 * is there now.
 */
function install() {
  if (!canInstall()) return false;
  apt(["update"]);
  for (const name of ["chromium-headless-shell", "chromium"]) {
    if (apt([...flags, name, "fonts-dejavu-core"])) return findBrowser() !== null;
  }
  return false;
}

function canInstall() {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  return spawnSync("apt-get", ["--version"]).status === 0;
}

function apt(args) {
  // In this run level no package starts a service.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  return spawnSync("apt-get", ["-qq", ...args], { stdio: ["ignore", "ignore", "inherit"], env }).status === 0;
}

function isCi() {
  return Boolean(process.env.CI) && process.env.CI !== "false";
}

/** True where the tests of the page can run, or may be skipped. */
export function provideBrowser() {
  const isRequired = isCi();
  const found = findBrowser();
  if (found !== null) console.log(`Browser: ${found}`);
  else if (isRequired && install()) console.log(`Browser: ${findBrowser()}, installed now`);
  else {
    console.log(howToGetOne);
    if (!isRequired) console.log("They are skipped, and counted as such.");
    return !isRequired;
  }
  return true;
}

/**
 * nginx, behind which the page is tested too: installed where a browser would be. Without it that
 * test is skipped, and counted.
 */
export function provideNginx() {
  const has = () => spawnSync("nginx", ["-v"]).status === 0;
  const isThere =
    has() || (isCi() && canInstall() && apt(["update"]) && apt([...flags, "nginx-light"]) && has());
  if (!isThere) console.log("The page is not tested behind nginx: there is none on the PATH.");
}

/** pgbouncer, behind which the store is tested too, likewise. */
export function providePgbouncer() {
  const has = () => spawnSync("pgbouncer", ["--version"]).status === 0;
  const isThere =
    has() || (isCi() && canInstall() && apt(["update"]) && apt([...flags, "pgbouncer"]) && has());
  if (!isThere) console.log("The store is not tested behind a pooler: there is no pgbouncer on the PATH.");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) process.exit(provideBrowser() ? 0 : 1);
