// What `pnpm walk` puts in the place of systemctl and journalctl, as no systemd runs in its file
// system: it has the installed units verified by systemd-analyze, and starts what the service unit
// starts, as its user, with its environment and its socket. What it leaves out: the sandbox of the
// unit, readiness, restarts, and that a socket outlives its service.
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";

const units = "/etc/systemd/system";
const service = "kissbot-monitor.service";
const socket = "kissbot-monitor.socket";
const pidFile = "/run/walk-kissbot-monitor.pid";
const logFile = "/run/walk-kissbot-monitor.log";
/** Where systemd looks for a command without a path. */
const searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin";

const [called, ...words] = process.argv.slice(2);
if (called === "journalctl") {
  process.stdout.write(existsSync(logFile) ? readFileSync(logFile) : "");
} else {
  const [action, ...named] = words.filter((word) => !word.startsWith("--"));
  const actions = { "daemon-reload": verify, enable: start, start, restart, stop, disable: stop };
  if (actions[action] === undefined) throw new Error(`systemctl ${action}: the walk knows nothing of it`);
  await actions[action](named);
}

function verify() {
  const files = [socket, service].map((name) => join(units, name)).filter((file) => existsSync(file));
  if (files.length === 0) return;
  const { stdout, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", ...files], {
    encoding: "utf8",
  });
  const complaints = `${stdout}${stderr}`.split("\n").filter((line) => line.includes("kissbot"));
  if (complaints.length > 0) throw new Error(complaints.join("\n"));
  console.log(`systemd-analyze verify: ${files.join(", ")}: nothing to complain of`);
  const args = ["security", "--offline=true", "--no-pager", join(units, service)];
  const judged = spawnSync("systemd-analyze", args, { encoding: "utf8" });
  const exposure = /Overall exposure level.*/.exec(judged.stdout)?.[0];
  if (exposure !== undefined) console.log(`systemd-analyze security: ${exposure}`);
}

async function start(named) {
  verify();
  if (!named.includes(service) || runningPid() !== null) return;
  const set = (name) =>
    settingsOf(service)
      .filter(([key]) => key === name)
      .map(([, value]) => value);
  const [command, ...args] = set("ExecStart").at(-1).split(" ");
  const user = set("User").at(-1);
  const state = join("/var/lib", set("StateDirectory").at(-1));
  mkdirSync(state, { recursive: true });
  chmodSync(state, Number.parseInt(set("StateDirectoryMode").at(-1), 8));
  run("chown", [`${user}:`, state]);
  const path = settingsOf(socket).findLast(([key]) => key === "ListenStream")[1];
  const environment = [`PATH=${searchPath}:${dirname(process.execPath)}`, ...set("Environment")];
  for (const file of set("EnvironmentFile").map((name) => name.replace(/^-/, ""))) {
    if (existsSync(file)) environment.push(...readFileSync(file, "utf8").split("\n").filter(Boolean));
  }
  rmSync(path, { force: true });
  const log = openSync(logFile, "a");
  const child = spawn(
    "systemd-socket-activate",
    [
      `--listen=${path}`,
      ...environment.map((entry) => `--setenv=${entry}`),
      "setpriv",
      `--reuid=${user}`,
      `--regid=${set("Group").at(-1)}`,
      "--init-groups",
      command,
      ...args,
    ],
    { cwd: set("WorkingDirectory").at(-1), detached: true, stdio: ["ignore", log, log] },
  );
  closeSync(log);
  child.unref();
  writeFileSync(pidFile, `${child.pid}`);
  await until("the socket is there", () => existsSync(path));
  const socketSet = (name) => settingsOf(socket).findLast(([key]) => key === name)[1];
  run("chgrp", [socketSet("SocketGroup"), path]);
  chmodSync(path, Number.parseInt(socketSet("SocketMode"), 8));
  await until("it runs", () => {
    const lines = readFileSync(logFile, "utf8").split("\n");
    if (lines.some((line) => line.includes("is running") && line.includes(path))) {
      return existsSync("/run/kissbot/monitor.json");
    }
    // The first connection starts the service; before somebody listens, it is in vain.
    connect(path)
      .on("error", () => undefined)
      .end();
    return false;
  });
  console.log(`started as ${user}, with the socket ${path}: ${command} ${args.join(" ")}`);
}

async function stop(named) {
  const pid = runningPid();
  if (named.includes(service) && pid !== null) {
    process.kill(pid, "SIGTERM");
    await until("it ends", () => runningPid() === null);
    rmSync(logFile, { force: true });
    console.log("stopped by SIGTERM");
  }
  if (named.includes(socket)) rmSync("/run/kissbot/monitor.sock", { force: true });
}

async function restart(named) {
  await stop(named);
  await start(named);
}

/** Null where it does not run. A zombie has ended: nobody is there to reap it. */
function runningPid() {
  try {
    const pid = Number(readFileSync(pidFile, "utf8"));
    return /^\d+ \(.*\) [^Z]/s.test(readFileSync(`/proc/${pid}/stat`, "utf8")) ? pid : null;
  } catch {
    return null;
  }
}

/** The directives of a unit and its drop-ins, in their order. */
function settingsOf(name) {
  const dropIns = join(units, `${name}.d`);
  const more = existsSync(dropIns)
    ? readdirSync(dropIns)
        .sort()
        .map((file) => join(dropIns, file))
    : [];
  return [join(units, name), ...more].flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/^([A-Za-z]+)=(.*)$/gm)].map(([, key, value]) => [key, value]),
  );
}

function run(command, args) {
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
}

async function until(what, ask) {
  const deadlineMs = performance.now() + 60_000;
  while (!ask()) {
    if (performance.now() > deadlineMs) {
      throw new Error(
        `not within a minute: ${what}; its log:\n${existsSync(logFile) ? readFileSync(logFile) : ""}`,
      );
    }
    await delay(50);
  }
}
