import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TemporaryFolder } from "@kissbot/testkit";
import { afterAll, describe, expect, test } from "vitest";
import { root } from "./source-tree.js";

const place = new TemporaryFolder("index");
afterAll(() => place[Symbol.dispose]());
const page = place.file("index.md");

function index(...args: string[]) {
  return spawnSync(process.execPath, [".ci/index.mjs", "--page", page, ...args], {
    cwd: root,
    encoding: "utf8",
  });
}

const written = index();
const text = existsSync(page) ? readFileSync(page, "utf8") : "";
const surface = (file: string) => readFileSync(join(root, ".ci", "surface", "snapshot", file), "utf8");

/** The cells of the row that begins with this name, below this heading. */
function row(heading: string, name: string): readonly string[] {
  const [, chapter = ""] = text.split(`\n## ${heading}\n`);
  const line = chapter
    .split("\n## ")[0]
    ?.split("\n")
    .find((one) => one.startsWith(`| \`${name}\` |`));
  return (line ?? "").split(" | ").map((cell) => cell.replace(/^\| | \|$/g, ""));
}

/** The file that a row names last. */
const fileOf = (heading: string, name: string) =>
  /\]\(\.\.\/([^)]+)\)[^(]*$/.exec(row(heading, name).join(" "))?.[1];

describe("the index", () => {
  test("is made of the tree as it is", () => {
    expect(written).toMatchObject({ status: 0, stderr: "" });
    expect(text).toContain("# Index\n");
  });

  test.each([
    ["Commands", "silence run", "packages/server/src/cli/silence-run.ts"],
    ["Commands", "bots", "packages/server/src/cli/bots.ts"],
    ["Flags", "--since", "packages/server/src/cli/time-range.ts"],
    ["Flags", "--tokens-in", "packages/server/src/cli/message-field.ts"],
    ["Flags", "--state-file", "packages/server/src/config/resolve-settings.ts"],
    ["Variables of the environment", "KISSBOT_MONITOR_DEBUG", "packages/client/src/environment.ts"],
    ["Variables of the environment", "XDG_RUNTIME_DIR", "packages/server/src/state-file/state-place.ts"],
    ["Metrics", "kissbot_llm_calls_total", "packages/server/src/worker/usage-counts.ts"],
    ["Problems", "store_busy", "packages/server/src/worker/store-problem.ts"],
    ["Problems", "store_io_error", "packages/server/src/worker/store-keeper.ts"],
    ["Problems", "control_lost", "packages/server/src/control/control-server.ts"],
    ["Routes", "GET /api/v1/silences", "packages/server/src/http/routes/alerts-routes.ts"],
    ["Routes", "POST /api/v1/silences", "packages/server/src/http/routes/silence-routes.ts"],
    ["Tables", "monitor_bots", "packages/store/src/bot.ts"],
    ["Tables", "monitor_metric_hours", "packages/store/src/sqlite/file/schema.ts"],
  ])("%s: %s is owned by %s", (heading, name, path) => {
    expect(fileOf(heading, name)).toBe(path);
  });

  test("says of a setting its flags, variables and keys, and of a route whether it changes something", () => {
    expect(row("Settings", "--socket")).toEqual(
      expect.arrayContaining(["`KISSBOT_MONITOR_SOCKET`", "`socket_path` `socket` `socket.path`"]),
    );
    expect(row("Routes", "POST /api/v1/forget")[1]).toBe("yes");
    expect(row("Routes", "POST /api/v1/session")[1]).toBe("");
  });

  test("leaves out nothing of the surface", () => {
    const flags = new Set(surface("help.txt").match(/(?<=^ {2}(?:-\w, )?)--[a-z][a-z-]*/gm));
    const variables = new Set(surface("help.txt").match(/(?<=env:\s+)KISSBOT_[A-Z_]+/g));
    const metrics = new Set(surface("metrics.txt").match(/^kissbot_\w+/gm));
    const tables = new Set(surface("database.sql").match(/(?<=^CREATE TABLE )(?!sqlite_)\w+/gm));
    const routes = Object.keys(JSON.parse(surface("openapi.json")).paths);
    expect(Math.min(flags.size, variables.size, metrics.size, tables.size, routes.length)).toBeGreaterThan(
      15,
    );
    for (const name of [...flags, ...variables, ...metrics, ...tables]) expect(text).toContain(`\`${name}\``);
    for (const route of routes)
      expect(text).toMatch(new RegExp(`\`[A-Z]+ ${route.replace(/[{}]/g, "\\$&")}\``));
  });

  test("names files that are there", () => {
    const paths = [...text.matchAll(/\]\(\.\.\/([^)]+)\)/g)].map(([, path = ""]) => path);
    expect(paths.length).toBeGreaterThan(100);
    for (const path of new Set(paths)) expect(existsSync(join(root, path)), path).toBe(true);
  });

  test("fails the gate where it is stale, and says which command mends it", () => {
    expect(index("--check")).toMatchObject({ status: 0, stdout: "" });
    writeFileSync(page, text.replace(/^\| `kissbot_bots`.*\n/m, ""));
    const { status, stdout } = index("--check");
    expect(status).toBe(1);
    expect(stdout).toMatch(/^\+ \| `kissbot_bots` \|/m);
    expect(stdout).toContain("Run `pnpm index`");
    expect(readFileSync(join(root, ".ci", "gate.mjs"), "utf8")).toContain('".ci/index.mjs", "--check"');
  });

  test("calls an unknown option wrong usage", () => {
    const { status, stderr } = index("--nothing");
    expect(status).toBe(2);
    expect(stderr).toContain("Usage: pnpm index");
  });
});
