import type { Bot } from "../../src/registry/bot.js";

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** A bot that is online and healthy, and may be changed. */
export function fakeBot(channel: string, changes: Partial<Bot> = {}): Writable<Bot> {
  return {
    channel,
    principal: "local",
    pid: 100,
    status: "online",
    statusSinceMs: 0,
    statusCause: "registered",
    causeCode: "registered",
    previousPid: null,
    livedMs: null,
    features: {},
    featuresJson: "{}",
    registeredAtMs: 0,
    lastSeenMs: 0,
    startedAtMs: 0,
    startTold: true,
    processSeen: true,
    measuresItself: false,
    restarts: 0,
    restartsInHour: 0,
    crashesInTenMinutes: 0,
    crashLoop: false,
    typicalLifeMs: null,
    restartsBy: { crash: 0, goodbye: 0, take_over: 0 },
    version: "1.0.0",
    intervalS: 15,
    cpuPct: 1,
    rssMb: 100,
    lastCpuPct: 1,
    lastRssMb: 100,
    measuredAtMs: 0,
    trouble: null,
    troubleSinceMs: null,
    conflict: null,
    clientDropped: 0,
    revision: 0,
    ...changes,
  };
}
