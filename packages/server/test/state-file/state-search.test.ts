import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import process from "node:process";
import { Child, TemporaryFolder, until } from "@kissbot/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { processStart } from "../../src/state-file/process-start.js";
import { stateFileText } from "../../src/state-file/state-file.js";
import type { StatePlace } from "../../src/state-file/state-place.js";
import { searchStates } from "../../src/state-file/state-search.js";
import { aState } from "./a-state.js";

let place: TemporaryFolder;
beforeEach(() => {
  place = new TemporaryFolder("state");
});
afterEach(() => place[Symbol.dispose]());

const at = (name = "monitor.json"): StatePlace => ({ path: place.file(name), kind: "user" });

function leave(name: string, text = stateFileText(aState()), mode = 0o644): string {
  const path = place.file(name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

/** The pid of a process that is gone. */
const gonePid = () => spawnSync(process.execPath, ["-e", ""]).pid;

test("a monitor that runs is found, the others of its place after it, and no other place is looked at", () => {
  const path = leave("monitor.json");
  const second = leave("monitor-2.json", stateFileText(aState({ name: "second" })));
  leave("later.json");
  const { running, notices } = searchStates([at(), at("later.json")]);
  expect(running.map((one) => [one.path, one.state.name])).toEqual([
    [path, "bots-1"],
    [second, "second"],
  ]);
  expect(notices).toEqual([]);
});

test("where there is none, nothing is said", () => {
  leave("file", "");
  expect(searchStates([at(), { path: place.file("file", "monitor.json"), kind: "user" }])).toEqual({
    running: [],
    notices: [],
  });
});

test.runIf(process.platform === "linux")(
  "a monitor that ended is gone also while its parent has not asked how it ended [trial/O4]",
  async () => {
    // A shell that becomes `tail` never asks for the end of what it has started.
    await using shell = new Child("/bin/sh", ["-c", "sleep 1000 >&2 & echo $!; exec tail -f /dev/null"], {
      group: true,
    });
    await shell.prints("\n");
    const pid = Number(shell.stdout);
    leave("monitor.json", stateFileText(aState({ pid, processStart: processStart(pid) })));
    expect(searchStates([at()]).running).toHaveLength(1);
    await until("the shell is tail", () => readFileSync(`/proc/${shell.pid}/comm`, "utf8") === "tail\n");
    process.kill(pid, "SIGKILL");
    await until("it is gone", () => searchStates([at()]).running.length === 0);
    expect(existsSync(`/proc/${pid}`), "it keeps its pid").toBe(true);
  },
);

test("a monitor that was killed is ignored and told, and so is one whose pid another process has [trial/O4]", () => {
  const pid = gonePid();
  const path = leave("monitor.json", stateFileText(aState({ pid })));
  leave("next.json");
  const { running, notices } = searchStates([at(), at("next.json")]);
  expect(running).toHaveLength(1);
  expect(notices).toEqual([
    `The state file ${path} is ignored: its monitor (pid ${pid}) is gone; its database was /var/lib/kissbot/monitor.db.`,
  ]);
  leave("monitor.json", stateFileText(aState({ pid, store: "memory:" })));
  expect(searchStates([at()]).notices[0]).toMatch(/ is gone\.$/);
  const reused = aState();
  expect(reused.processStart).toMatch(process.platform === "linux" ? /^\S+ pid:\[\d+\] \d+$/ : /^/);
  if (process.platform !== "linux") return;
  leave("monitor.json", stateFileText(aState({ processStart: `${reused.processStart}0` })));
  expect(searchStates([at()]).notices[0]).toContain("is gone");
});

describe("a file that others could have made is ignored and told [trial/O4]", () => {
  const refusals = (where: readonly StatePlace[] = [at()], uid?: number) => {
    const { running, notices } = searchStates(where, ...(uid === undefined ? [] : [uid]));
    expect(running).toEqual([]);
    expect(notices).toHaveLength(1);
    return notices[0];
  };

  test("a symbolic link", () => {
    symlinkSync(leave("real.json"), place.file("monitor.json"));
    expect(refusals()).toContain("it is a symbolic link");
  });

  test("one that others may write", () => {
    for (const mode of [0o664, 0o646]) {
      leave("monitor.json", undefined, mode);
      expect(refusals()).toContain("others may write it");
    }
  });

  test("a folder, and a pipe, which is not waited for", () => {
    mkdirSync(place.file("monitor.json"));
    expect(refusals()).toContain("it is no file");
    spawnSync("mkfifo", [place.file("pipe.json")]);
    expect(refusals([at("pipe.json")])).toContain("it is no file");
  });

  test("one that does not end, and one that is no state", () => {
    leave("monitor.json", stateFileText(aState()) + " ".repeat(65_536));
    expect(refusals()).toContain("more than 65536 bytes");
    leave("monitor.json", '{"format": 1, "pid": "7"}');
    expect(refusals()).toContain("its name is not a text");
    leave("monitor.json", "not JSON");
    expect(refusals()).toContain("it is not JSON");
  });

  test("one of another user, for a user and for root; root's counts for everybody", () => {
    const path = leave("monitor.json");
    const own = process.geteuid?.() ?? 0;
    const other = own === 0 ? 65_534 : own + 1;
    if (own === 0) expect(searchStates([at()], other).running).toHaveLength(1);
    else expect(refusals([at()], other)).toContain(`it belongs to user ${own}`);
    if (own !== 0) return;
    chownSync(path, other, other);
    expect(refusals([at()], 0)).toContain(`it belongs to user ${other}, not to root or to this user`);
    expect(refusals([at()], 1_234)).toContain(`it belongs to user ${other}`);
    expect(searchStates([at()], other).running).toHaveLength(1);
  });
});

const isRoot = process.platform === "linux" && process.geteuid?.() === 0;
if (!isRoot) console.warn("state-search.test.ts: SKIPPED what changes owners (it takes Linux and root)");

test.skipIf(!isRoot)(
  "in the service's folder, its owner's word is taken, as root has made it [trial/O4]",
  () => {
    const service = 65_534;
    const folder = place.file("run");
    mkdirSync(folder, { mode: 0o755 });
    mkdirSync(`${folder}/kissbot`, { mode: 0o755 });
    const path = `${folder}/kissbot/monitor.json`;
    writeFileSync(path, stateFileText(aState()), { mode: 0o644 });
    const where: StatePlace[] = [{ path, kind: "service" }];
    const counts = (uid: number) => searchStates(where, uid).running.length;

    chownSync(path, service, service);
    expect([counts(0), counts(1_234)], "the folder is root's, the file a stranger's").toEqual([0, 0]);
    chownSync(`${folder}/kissbot`, service, service);
    expect([counts(0), counts(1_234), counts(service)]).toEqual([1, 1, 1]);
    chmodSync(`${folder}/kissbot`, 0o777);
    expect(counts(0), "everybody may write the folder").toBe(0);
    chmodSync(`${folder}/kissbot`, 0o755);
    chownSync(folder, service, service);
    expect(counts(0), "somebody else than root may have made the folder").toBe(0);
    chownSync(folder, 0, 0);
    chmodSync(folder, 0o1777);
    expect(counts(0), "everybody may have made the folder").toBe(0);
  },
);
