// Which suite a test file belongs to. `unit` is quick and deterministic; a test that starts a
// process, opens a socket or a database file, by itself or through what it imports from a test
// folder, belongs to `process`; the tests of the installed packages are `system`, which run one
// after another with nothing else on the cores.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

export const suites = ["unit", "process", "system"];

/** The files that take longest, of more than 30 s in a run of all, the slowest first. */
export const slowFiles = [
  "packages/protocol/test/broken-ports.test.ts",
  "packages/server/test/daemon/fleet-secrets.test.ts",
  "packages/bench/test/alerts.test.ts",
  "packages/server/test/cli/store-faults.test.ts",
  "packages/e2e/test/start.test.ts",
  "packages/server/test/ingest/socket-lock.test.ts",
  "packages/server/test/daemon/alert-freeze.test.ts",
  "packages/client/test/faults.test.ts",
  "packages/server/test/cli/demo.test.ts",
  "packages/e2e/test/operator-docs.test.ts",
  "packages/server/test/cli/stop.test.ts",
  "packages/server/test/dashboard/browser/alerts-page.test.ts",
  "packages/ports/test/conformance.test.ts",
  "packages/server/test/daemon/fleet.test.ts",
  "packages/store/test/contract.test.ts",
  "packages/e2e/test/recipes/matrix-bot-sdk.test.ts",
  "packages/server/test/daemon/hub.test.ts",
  "packages/server/test/dashboard/browser/hub.test.ts",
  "packages/server/test/cli/start.test.ts",
  "packages/server/test/cli/places.test.ts",
  "packages/bench/test/fleet.test.ts",
  "packages/e2e/test/recipes/discord-js.test.ts",
  "packages/client/test/signs-of-life.test.ts",
  "packages/server/test/daemon/alert-restarts.test.ts",
  "packages/ports/test/rust.test.ts",
  "packages/server/test/cli/bots-watch.test.ts",
  "packages/e2e/test/code-lines.test.ts",
  "packages/server/test/dashboard/browser/link.test.ts",
  "packages/client/test/ends.test.ts",
  "packages/server/test/daemon/reload.test.ts",
  "packages/protocol/test/conformance-command.test.ts",
  "packages/server/test/cli/export-stream.test.ts",
  "packages/bench/test/users.test.ts",
  "packages/client/test/node10.test.ts",
  "packages/e2e/test/recipes/telegraf.test.ts",
  "packages/client/test/conformance.test.ts",
  "packages/store/test/lock.test.ts",
  "packages/e2e/test/senders.test.ts",
  "packages/server/test/daemon/deaths.test.ts",
  "packages/server/test/dashboard/browser/fleet-page.test.ts",
  "packages/bench/test/pricing.test.ts",
  "packages/protocol/test/python-port.test.ts",
  "packages/client/test/legacy-bounds.test.ts",
  "packages/server/test/daemon/alerts.test.ts",
];

const outside = [
  /^node:(?:child_process|cluster|dgram|http|https|net|tls|worker_threads)$/,
  /^@kissbot\/(?:client|server)(?:\/|$)/,
  /^playwright-core$/,
  /\/src\/(?:daemon|testing|testing\/.*|sqlite\/file\/(?:connection|driver))\.js$/,
];
/** Of these packages only what starts a process or opens a database. */
const partly = {
  "@kissbot/store": /\b(?:openStore|runningThreads)\b/,
  "@kissbot/testkit": /\b(?:Child|CuttingProxy|FrozenMonitor|killChildren|PostgresServer)\b/,
};

/** The test files of each suite, from the root, sorted. */
export function suiteFiles() {
  const found = { unit: [], process: [], system: [] };
  const known = new Map();
  for (const name of readdirSync(join(root, "packages")).sort()) {
    for (const file of testFilesIn(join(root, "packages", name, "test"))) {
      const path = relative(root, file).split(sep).join("/");
      if (path.startsWith("packages/e2e/test/system/")) found.system.push(path);
      else if (reachesOut(file, known)) found.process.push(path);
      else found.unit.push(path);
    }
  }
  return found;
}

function testFilesIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(".test.ts") && !name.includes("node_modules"))
    .map((name) => join(folder, name))
    .sort();
}

/**
 * Whether the file, or one of a test folder that it imports, names something of `outside`. Types
 * alone do not count.
 */
function reachesOut(file, known) {
  const before = known.get(file);
  if (before !== undefined) return before;
  known.set(file, false);
  const text = readFileSync(file, "utf8");
  const found =
    /\bfetch\(/.test(text) ||
    importsOf(text).some(({ specifier, names }) => {
      if (outside.some((pattern) => pattern.test(specifier))) return true;
      if (specifier in partly) return partly[specifier].test(names);
      if (!specifier.startsWith(".") || specifier.includes("/src/")) return false;
      const target = resolve(dirname(file), specifier.replace(/\.js$/, ".ts"));
      return existsSync(target) && target.endsWith(".ts") && reachesOut(target, known);
    });
  known.set(file, found);
  return found;
}

function importsOf(text) {
  const found = text.matchAll(
    /^(?:import|export)\s+(?!type\b)([^"';]*?)(?:\bfrom\s+)?"([^"]+)"|\bimport\("([^"]+)"\)/gm,
  );
  return [...found].map(([, names = "", specifier, dynamic]) => ({ names, specifier: specifier ?? dynamic }));
}
