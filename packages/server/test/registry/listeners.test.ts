import { silentLogger as logger, ManualClock } from "@kissbot/testkit";
import { expect, test } from "vitest";
import type { FleetListener } from "../../src/registry/fleet-listener.js";
import { Registry } from "../../src/registry/registry.js";

const line = { channel: "chat", pid: 7, features: {}, version: null, startedAtMs: null, intervalS: null };

/** Notes in `heard` what it hears, after its own name. */
function listener(listenerName: string, heard: string[]): FleetListener {
  return {
    listenerName,
    statusChanged: ({ channel, to }) => heard.push(`${listenerName}: ${channel} ${to}`),
    botChanged: ({ channel }) => heard.push(`${listenerName}: ${channel} changed`),
    conflictChanged: ({ conflict }) => heard.push(`${listenerName}: conflict with ${conflict?.pid}`),
  };
}

function faulty(): FleetListener {
  const fail = () => {
    throw new Error("a fault of this listener");
  };
  return { listenerName: "faulty", statusChanged: fail, botChanged: fail, conflictChanged: fail };
}

function registryWith(...listeners: readonly FleetListener[]) {
  const clock = new ManualClock();
  // Whoever had a pid still has it.
  const glance = () => ({ state: "alive", startedAtMs: null, startKey: null }) as const;
  const registry = new Registry({ clock, logger, staleTimeoutMs: 60_000, maxBots: 10, glance });
  registry.announceTo(listeners);
  return { registry, clock };
}

test("listeners are equal: each hears every event, in the order of the list", () => {
  const heard: string[] = [];
  const { registry, clock } = registryWith(listener("a", heard), listener("b", heard));
  registry.register({ ...line, tsMs: clock.wallMs() });
  expect(heard).toEqual(["a: chat online", "b: chat online", "a: chat changed", "b: chat changed"]);
});

test("a listener needs no more methods than it has use for", () => {
  const heard: string[] = [];
  const { registry, clock } = registryWith(
    { listenerName: "none" },
    { listenerName: "one", botChanged: ({ channel }) => heard.push(channel) },
  );
  registry.register({ ...line, tsMs: clock.wallMs() });
  expect(heard).toEqual(["chat"]);
});

test("a listener that throws harms neither the registry nor the other listeners, wherever it stands", () => {
  const heard: string[] = [];
  const { registry, clock } = registryWith(faulty(), listener("b", heard), faulty());
  const tsMs = clock.wallMs();
  expect(registry.register({ ...line, tsMs })).toBe("applied");
  expect(registry.register({ ...line, pid: 8, tsMs })).toBe("applied");
  const beat = { ...line, rssMb: null, cpuPct: null, dropped: null, tsMs };
  expect(registry.heartbeat({ ...beat, pid: 7 })).toBe("ignored");
  expect(registry.unregister({ channel: "chat", pid: 8, tsMs })).toBe("applied");
  expect(registry.get("chat")?.status).toBe("offline");
  expect(registry.counts()).toEqual({ online: 0, stale: 0, dead: 0, offline: 1 });
  expect(heard).toContain("b: chat online");
  expect(heard).toContain("b: conflict with 7");
  expect(heard.slice(-2)).toEqual(["b: chat offline", "b: chat changed"]);
});

test("a fault in a listener keeps no bot from becoming stale", () => {
  const heard: string[] = [];
  const { registry, clock } = registryWith(faulty(), listener("b", heard));
  for (const channel of ["one", "two"]) registry.register({ ...line, channel, tsMs: clock.wallMs() });
  for (let second = 0; second < 70; second++) {
    clock.pass(1_000);
    registry.tick();
  }
  expect(registry.counts()).toMatchObject({ online: 0, stale: 2 });
  expect(heard).toContain("b: two stale");
});
