import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { TemporaryFolder } from "@kissbot/testkit";
import { expect, test } from "vitest";
import type { BotProbeResult } from "../../src/registry/probe-result.js";
import { OwnProcesses } from "../../src/sampling/own-processes.js";
import { fakeBot } from "../alerts/fake-bot.js";

const uid = process.getuid?.() ?? 0;
const look = { state: "alive", startedAtMs: 5, startKey: 6, cpuPct: 7, rssMb: 8 } as const;

function filterOf(procRoot: string, ownUid: number | null, bot = fakeBot("chat", { pid: 7 })) {
  const offered: BotProbeResult[] = [];
  const own = new OwnProcesses({
    queue: { offerSample: (sample) => offered.push(sample) },
    fleet: { get: (channel) => (channel === bot.channel ? bot : undefined) },
    ownUidOf: (principal) => (principal === "team" ? ownUid : null),
    procRoot,
  });
  const offer = (more: Partial<BotProbeResult> = {}) => {
    own.offerSample({ channel: "chat", pid: 7, atMs: 1, ...look, ...more });
    return offered.at(-1);
  };
  return { offer, bot };
}

test("a stranger's process is one that nobody sees; the principal's own is as it is", () => {
  using place = new TemporaryFolder("proc");
  mkdirSync(join(place.path, "7"));
  const team = { pid: 7, principal: "team", processSeen: false };
  expect(filterOf(place.path, uid, fakeBot("chat", team)).offer()).toMatchObject(look);
  const foreign = filterOf(place.path, uid + 1, fakeBot("chat", team));
  expect(foreign.offer()).toMatchObject({ channel: "chat", pid: 7, state: "unknown", cpuPct: null });
  // Nor does anything follow from a process that is not there.
  expect(foreign.offer({ state: "gone" })).toMatchObject({ state: "gone" });
  expect(filterOf(place.path, null, fakeBot("chat", team)).offer()).toMatchObject(look);
});

test("a process that was seen does not die where another user has its pid: it may have changed its user", () => {
  using place = new TemporaryFolder("proc");
  mkdirSync(join(place.path, "7"));
  const seen = fakeBot("chat", { pid: 7, principal: "team", processSeen: true });
  expect(filterOf(place.path, uid + 1, seen).offer()).toMatchObject({
    state: "unknown",
    rssMb: null,
  });
});

test("who claims a channel beside its bot is looked at by the rules of its own principal", () => {
  using place = new TemporaryFolder("proc");
  mkdirSync(join(place.path, "8"));
  const conflict = { pid: 8, principal: "team", sinceMs: 0 };
  const bot = fakeBot("chat", { pid: 7, principal: "local", processSeen: true, conflict });
  expect(filterOf(place.path, uid + 1, bot).offer({ pid: 8, ofRival: true })).toMatchObject({
    state: "unknown",
    ofRival: true,
  });
  expect(filterOf(place.path, uid, bot).offer({ pid: 8, ofRival: true })).toMatchObject(look);
});

test.runIf(process.platform === "linux")("asks the system whose a process is", () => {
  const own = fakeBot("chat", { pid: process.pid, principal: "team", processSeen: false });
  expect(filterOf("/proc", uid, own).offer({ pid: process.pid })).toMatchObject(look);
  expect(filterOf("/proc", uid + 1, own).offer({ pid: process.pid })?.state).toBe("unknown");
});
