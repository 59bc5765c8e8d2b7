// `pnpm walk deployment`: follows docs/deployment.md literally; `pnpm walk users` docs/users.md,
// after the blocks of deployment.md that install the monitor and its units. Every block runs in its
// order, as root, in a fresh folder and in a file system of its own: /etc, /run, /var, /usr/local
// and the home are overlays whose changes go to that folder, so nothing of the machine is written.
// A block that fails ends the walk with its line. What is not as it stands in the page is said at
// the beginning.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { freePort } from "./free-port.mjs";
import { pnpmCommand, root } from "./pnpm.mjs";
import { blocksOf } from "./walk-blocks.mjs";
import { makeUsers, usersProblem } from "./walk-users.mjs";

const here = fileURLToPath(import.meta.url);
const pages = ["deployment", "users"];
const published = ["protocol", "store", "server"];

if (process.argv[2] === "--inside") walk(JSON.parse(process.argv[3]));
else if (process.argv[2] === "alerts") process.exitCode = (await import("./walk-alerts.mjs")).walkAlerts();
else if (process.argv[2] === "recipes")
  process.exitCode = await (await import("./walk-recipes.mjs")).walkRecipes();
else if (process.argv[2] === "containers")
  process.exitCode = await (await import("./walk-containers.mjs")).walkContainers(process.argv.slice(3));
else process.exitCode = await prepare(process.argv.slice(2));

/** Everything that needs the machine itself; then the walk, in namespaces that end with it. */
async function prepare(args) {
  const [page = ""] = args;
  if (args.length !== 1 || !pages.includes(page)) {
    console.error("Usage: pnpm walk deployment|users|alerts|recipes|containers");
    return 2;
  }
  if (process.platform !== "linux" || process.geteuid() !== 0) {
    console.error(
      "The walk needs Linux and root: it makes users, folders and services in a file system of its own.",
    );
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), "kissbot-walk-"));
  try {
    chmodSync(folder, 0o755);
    const tarballs = published.map((name) => pack(join(root, "packages", name), folder));
    const [served, other] = [await freePort(), await freePort()];
    mkdirSync(join(folder, "bin"));
    for (const name of ["systemctl", "journalctl"]) {
      const line = `exec ${process.execPath} ${join(root, ".ci", "walk-systemctl.mjs")} ${name} "$@"`;
      writeFileSync(join(folder, "bin", name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
    }
    const overlaid = ["/etc", "/run", "/var", "/usr/local", homedir()];
    const mounts = overlaid.map((path, i) => {
      const [upper, work] = [join(folder, "changes", `${i}`), join(folder, "work", `${i}`)];
      for (const made of [upper, work]) mkdirSync(made, { recursive: true });
      return `mount -t overlay overlay -o lowerdir=${path},upperdir=${upper},workdir=${work} ${path}`;
    });
    packAddon(join(folder, "prebuilds"));
    const inside = JSON.stringify({ page, folder, tarballs, served, other });
    const script = [...mounts, 'exec "$0" "$@"'].join(" && ");
    const namespaces = ["--mount", "--pid", "--fork", "--mount-proc", "--kill-child"];
    const { status } = spawnSync(
      "unshare",
      [...namespaces, "sh", "-c", script, process.execPath, here, "--inside", inside],
      { cwd: folder, stdio: ["ignore", "inherit", "inherit"] },
    );
    return status ?? 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function walk({ page, folder, tarballs, served, other }) {
  const place = join(folder, "operator");
  mkdirSync(place);
  mkdirSync("/etc/kissbot", { recursive: true });
  writeFileSync("/etc/kissbot/monitor.env", `KISSBOT_MONITOR_HTTP=127.0.0.1:${served}\n`);
  console.log(`Not as in the page:
- @kissbot/server is installed from the tarballs of this tree;
- better-sqlite3 takes the addon that this tree has, where it would download one;
- systemctl and journalctl are stand-ins: systemd-analyze verifies the units, and what the service starts is started as its
  user, with its environment and a socket from systemd-socket-activate;
- port 7788 is ${served}, set in /etc/kissbot/monitor.env; a second monitor that a block starts has port ${other}, a socket and a
  database of its own, and is stopped once it runs;
- ${page === "users" ? "the users are made before the page" : "the Python monitor's database is made before its section"}.
`);
  const started = performance.now();
  const blocks = page === "users" ? [...installation(), ...blocksIn("users")] : blocksIn("deployment");
  if (page === "users") makeUsers();
  for (const { document, line, language, text } of blocks) {
    const title = `docs/${document}.md:${line}`;
    const blockStarted = performance.now();
    const problem = language === "sh" ? runBlock(text) : checkYaml(text);
    const seconds = ((performance.now() - blockStarted) / 1_000).toFixed(1);
    console.log(`${title}: ${problem === null ? "ok" : "FAILED"} (${seconds} s)`);
    for (const command of text.split("\n").filter(() => language === "sh")) console.log(`    ${command}`);
    if (problem !== null) {
      console.error(problem);
      process.exit(1);
    }
  }
  const problem = page === "users" ? usersProblem(shell, served) : null;
  if (problem !== null) {
    console.error(problem);
    process.exit(1);
  }
  const total = ((performance.now() - started) / 1_000).toFixed(1);
  console.log(`\nWalk: ok, ${blocks.length} blocks, ${total} s`);

  function runBlock(text) {
    if (/ kissbot_monitor\.db \/var\/lib/.test(text)) makePythonDatabase();
    if (/kissbot-monitor start /.test(text)) return runUntilItServes(text);
    return failureOf(shell(substituted(text)), text);
  }

  /** A monitor in the foreground: it must come to run, and end by Ctrl-C with 0. */
  function runUntilItServes(text) {
    const log = join(place, "start.log");
    const command = text.replaceAll("7788", `${other}`);
    const line = `(${command}) >${log} 2>&1 & pid=$!
      for i in $(seq 600); do grep -q 'is running' ${log} && break; kill -0 $pid || { cat ${log}; exit 1; }; sleep 0.1; done
      pkill -INT -P $pid || kill -INT $pid; wait $pid`;
    const own = {
      KISSBOT_MONITOR_SOCKET: join(place, "other.sock"),
      KISSBOT_MONITOR_STORE: join(place, "other.db"),
    };
    return failureOf(shell(line, { ...own, KISSBOT_MONITOR_STATE_FILE: "off" }), text);
  }

  function checkYaml(text) {
    const { stdout = "" } = shell(`curl --silent http://127.0.0.1:${served}/metrics`);
    const missing = [...text.matchAll(/kissbot_\w+/g)].filter(
      ([name]) => !stdout.includes(`# TYPE ${name} `),
    );
    return missing.length === 0 ? null : `no such metric: ${missing.join(", ")}`;
  }

  function makePythonDatabase() {
    const script = join(root, "packages", "store", "test", "python-monitor.py");
    const done = spawnSync("python3", [script, join(place, "kissbot_monitor.db"), "create", "all"], {
      encoding: "utf8",
    });
    if (done.status !== 0) throw new Error(`the Python monitor's database: ${done.stderr}`);
  }

  function substituted(text) {
    return text
      .replaceAll("7788", `${served}`)
      .replaceAll(/(npm install --global) @kissbot\/server/g, `$1 ${tarballs.join(" ")}`);
  }

  function shell(text, env = {}) {
    return spawnSync("bash", ["-euo", "pipefail", "-c", text], {
      cwd: place,
      encoding: "utf8",
      timeout: 600_000,
      env: {
        HOME: homedir(),
        PATH: `${join(folder, "bin")}:/usr/local/bin:${process.env.PATH}`,
        npm_config_prefix: "/usr/local",
        npm_config_prefer_offline: "true",
        npm_config_audit: "false",
        npm_config_fund: "false",
        npm_config_better_sqlite3_local_prebuilds: join(folder, "prebuilds"),
        ...env,
      },
    });
  }
}

function blocksIn(document) {
  const markdown = readFileSync(join(root, "docs", `${document}.md`), "utf8");
  return blocksOf(markdown).map((block) => ({ document, ...block }));
}

/** The blocks that another page takes for done: the command, and the units. */
function installation() {
  const starts = ["npm install --global ", "share="];
  return starts.map((start) => blocksIn("deployment").find(({ text }) => text.startsWith(start)));
}

function failureOf({ status, stdout, stderr, error }, text) {
  return status === 0 ? null : `${text}\n${stdout}${stderr}${error ?? ""}\nexit code ${status}`;
}

function pack(folder, into) {
  if (!existsSync(join(folder, "dist")))
    throw new Error(`${folder} is not built: run npm start, or pnpm build`);
  const done = spawnSync(...pnpmCommand(["pack", "--json", "--pack-destination", into]), {
    cwd: folder,
    encoding: "utf8",
  });
  if (done.status !== 0) throw new Error(`pnpm pack: ${done.stdout}${done.stderr}`);
  return JSON.parse(done.stdout).filename;
}

/** As the archive that better-sqlite3 downloads at its installation. */
function packAddon(into) {
  mkdirSync(into);
  const manifest = createRequire(join(root, "packages", "store", "package.json")).resolve(
    "better-sqlite3/package.json",
  );
  const { version } = JSON.parse(readFileSync(manifest, "utf8"));
  const name = `better-sqlite3-v${version}-node-v${process.versions.modules}-linux-${process.arch}.tar.gz`;
  const done = spawnSync("tar", [
    "-czf",
    join(into, name),
    "-C",
    dirname(manifest),
    "build/Release/better_sqlite3.node",
  ]);
  if (done.status !== 0)
    console.log(`this tree has no addon of better-sqlite3 for this Node: ${done.stderr}`);
}
