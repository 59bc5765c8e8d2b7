// `pnpm index`: writes docs/index.md: each command, flag, setting, variable, metric, problem, route
// and table with the file that owns it. The names come from the written surface, the files from the
// sources; nothing has to be built. `pnpm index --check` compares, and ends with 1 where the page
// is stale.
//
//   --page PATH      another page than docs/index.md
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { commandRows, flagRows, flagVariables } from "./index/command-rows.mjs";
import { metricRows, problemRows, routeRows } from "./index/monitor-rows.mjs";
import { sectionRows, settingRows } from "./index/setting-rows.mjs";
import { readSources } from "./index/source-tree.mjs";
import { tableRows, variableRows } from "./index/stored-rows.mjs";
import { root } from "./pnpm.mjs";
import { lineDiff } from "./surface/line-diff.mjs";

process.exitCode = run();

function run() {
  let values;
  try {
    const options = { check: { type: "boolean", default: false }, page: { type: "string" } };
    ({ values } = parseArgs({ options }));
  } catch (error) {
    console.error(`${error.message}\nUsage: pnpm index [--check] [--page PATH]`);
    return 2;
  }
  const page = resolve(values.page ?? join(root, "docs", "index.md"));
  let text;
  try {
    text = indexPage();
  } catch (error) {
    console.error(`The index cannot be made: ${error.message}. .ci/index finds the files.`);
    return 1;
  }
  if (!values.check) {
    writeFileSync(page, text);
    return 0;
  }
  const difference = lineDiff(existsSync(page) ? readFileSync(page, "utf8") : "", text);
  if (difference === "") return 0;
  console.log(`docs/index.md: - as written down, + as it is\n${difference}\n`);
  console.log("The index is stale. Run `pnpm index` and commit docs/index.md.");
  return 1;
}

function indexPage() {
  const read = (...path) => readFileSync(join(root, ...path), "utf8");
  const surface = (name) => read(".ci", "surface", "snapshot", name);
  const server = readSources("packages/server/src");
  const store = readSources("packages/store/src");
  const client = readSources("packages/client/src");
  const cli = server.filter(({ path }) => /\/(?:cli|config)\//.test(path));

  const settings = settingRows(server);
  const sections = sectionRows(
    server,
    JSON.parse(read("packages", "server", "share", "monitor.schema.json")),
  );
  const commands = commandRows(surface("help.txt"), cli);
  const flags = flagRows(surface("help.txt"), cli, commands, settings);
  const routes = routeRows(JSON.parse(surface("openapi.json")), server);
  const given = flagVariables(surface("help.txt"), flags, settings);
  const variables = variableRows([...server, ...client, ...store], settings, given);
  const [table] = settings.map((setting) => setting.table);

  return [
    "# Index",
    "Each name that people or programs use, with the file that owns it. `pnpm index` writes this page; the gate compares it.",
    "## Commands",
    "Behind `kissbot-monitor`.",
    rowsOf(["command", "declared in", "run by"], commands, ({ name, declared, runs }) => [
      code(name),
      link(declared),
      runs === null ? "" : link(runs),
    ]),
    "## Flags",
    `A flag of a setting is declared in ${link(table)}, and belongs to [a setting](#settings).`,
    rowsOf(
      ["flag", "commands", "declared in"],
      flags.filter(({ path }) => path !== table),
      (row) => [code(row.flag), usersOf(row.commands, commands), link(row.path)],
    ),
    "## Settings",
    `All stand in ${link(table)}. Keys of the config file stand below \`monitoring:\`.`,
    rowsOf(["flags", "variables", "keys", "checked by"], settings, (setting) => [
      setting.flags.map((flag) => code(`--${flag}`)).join(" "),
      setting.variables.map(code).join(" "),
      setting.keys.map(code).join(" "),
      link(setting.path),
    ]),
    "Sections of the config file that hold more than values:",
    rowsOf(["section", "keys", "read by"], sections, ({ name, keys, path }) => [
      code(name),
      keys.map(code).join(" "),
      link(path),
    ]),
    "## Variables of the environment",
    "Beside those of the settings.",
    rowsOf(["variable", "file"], variables, ({ name, paths }) => [code(name), paths.map(link).join("<br>")]),
    "## Metrics",
    rowsOf(["metric", "kind", "declared in"], metricRows(surface("metrics.txt"), server), (row) => [
      code(row.name),
      row.kind,
      link(row.path),
    ]),
    "## Problems",
    "The codes of `problems` in `/healthz`.",
    rowsOf(["code", "found by"], problemRows(server, store), (row) => [code(row.code), link(row.path)]),
    "## Routes",
    `HTTP on TCP and the control socket ([control-server.ts](../packages/server/src/control/control-server.ts)) have the same routes. Over TCP those that change something need a write token.`,
    rowsOf(["route", "changes something", "file"], routes, ({ method, route, isChange, path }) => [
      code(`${method} ${route}`),
      isChange ? "yes" : "",
      link(path),
    ]),
    "## Tables",
    rowsOf(
      ["table", "made by", "record"],
      tableRows(surface("database.sql"), store),
      ({ table, made, record }) => [code(table), link(made), record === null ? "" : link(record)],
    ),
  ]
    .join("\n\n")
    .concat("\n");
}

function rowsOf(heads, rows, cellsOf) {
  const lines = [heads, heads.map(() => "---"), ...rows.map(cellsOf)];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function code(text) {
  return `\`${text}\``;
}

function link(path) {
  return `[${path.replace(/^packages\//, "")}](../${path})`;
}

/** A flag of more than half of them names none: their help does. */
function usersOf(names, commands) {
  if (names.length >= commands.length - 1) return "all";
  if (names.length > commands.length / 2) return "most";
  return names.map((name) => code(name === "" ? "kissbot-monitor" : name)).join(", ");
}
