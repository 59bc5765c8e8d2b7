import { describe, expect, test } from "vitest";
import { IncidentJudge, type OpenIncident, type Sight, type WatchedHost } from "../../src/fleet/incident.js";

const startMs = 1_000_000;

function host(hostNo: number, changes: Partial<WatchedHost> = {}): WatchedHost {
  return { hostNo, state: "up", beatS: 5, seenAtMs: startMs, isReplaced: false, ...changes };
}

function sight(nowMs: number, changes: Partial<Sight> = {}): Sight {
  return {
    nowMs,
    hosts: [host(1, { seenAtMs: nowMs }), host(2, { seenAtMs: nowMs })],
    bots: [],
    open: [],
    ...changes,
  };
}

const silence = (heardMs: number): OpenIncident => ({
  incidentId: 7,
  kind: "host_silent",
  hostNo: 1,
  channel: "",
  heardMs,
});
const shared: OpenIncident = {
  incidentId: 8,
  kind: "channel_on_two_hosts",
  hostNo: 0,
  channel: "a",
  heardMs: null,
};
const onBoth = [
  { hostNo: 1, channel: "a" },
  { hostNo: 2, channel: "a" },
];

describe("the leader's judgement of a host", () => {
  const judge = (
    changes: Partial<WatchedHost>,
    open: readonly OpenIncident[] = [],
    nowMs = startMs + 31_000,
  ) => new IncidentJudge().judge(sight(nowMs, { hosts: [host(1, changes)], open }), startMs);

  test("one that is not heard for over 30 s is silent since it was heard last, once", () => {
    expect(judge({}, [], startMs + 30_000).opened).toEqual([]);
    expect(judge({}).opened).toEqual([
      { kind: "host_silent", hostNo: 1, channel: "", hostNos: [1], sinceMs: startMs, heardMs: startMs },
    ]);
    expect(judge({}, [silence(startMs)])).toEqual({ opened: [], closed: [] });
  });

  test.each([
    ["stopped", { state: "stopped" }, "stopped"],
    ["replaced", { isReplaced: true }, "replaced"],
    ["forgotten", { state: "forgotten" }, "forgotten"],
  ] as const)(
    "one that is %s is not silent, and ends a silence without a return [fleet/R16]",
    (_name, changes, outcome) => {
      expect(judge(changes).opened).toEqual([]);
      expect(judge(changes, [silence(startMs)]).closed).toEqual([{ incidentId: 7, outcome }]);
    },
  );

  test("one that is not there any more ends its silence as forgotten", () => {
    const { closed } = new IncidentJudge().judge(sight(startMs, { hosts: [], open: [silence(0)] }), 0);
    expect(closed).toEqual([{ incidentId: 7, outcome: "forgotten" }]);
  });

  test("only a new beat ends a silence: not a gap of the watch, not a clock that was mended", () => {
    const nowMs = startMs + 40_000;
    const open = [silence(startMs)];
    const judged = (seenAtMs: number, heardMs: number, sinceMs: number) =>
      new IncidentJudge().judge(
        sight(nowMs, { hosts: [host(1, { seenAtMs })], open: [{ ...silence(heardMs) }] }),
        sinceMs,
      ).closed;
    expect(judged(startMs, startMs, nowMs), "nobody watched until now").toEqual([]);
    expect(judged(nowMs, nowMs, nowMs), "what was seen and what was heard moved together").toEqual([]);
    expect(judged(nowMs - 1_000, startMs, startMs)).toEqual([{ incidentId: 7, outcome: "over" }]);
    expect(open).toHaveLength(1);
  });
});

describe("the leader's judgement of a channel", () => {
  test("on two hosts for over a minute it is an incident; a move is none [fleet/R18] [fleet/T16]", () => {
    const judge = new IncidentJudge();
    const at = (afterMs: number, bots = onBoth) => judge.judge(sight(startMs + afterMs, { bots }), startMs);
    expect(at(0).opened).toEqual([]);
    expect(at(60_000).opened).toEqual([]);
    expect(at(60_001).opened).toEqual([
      {
        kind: "channel_on_two_hosts",
        hostNo: 0,
        channel: "a",
        hostNos: [1, 2],
        sinceMs: startMs,
        heardMs: null,
      },
    ]);
    // The bot moved: the old one ended, and what comes later begins anew.
    expect(at(70_000, [])).toEqual({ opened: [], closed: [] });
    expect(at(80_000).opened).toEqual([]);
    expect(at(139_000).opened).toEqual([]);
    expect(at(141_000).opened).toHaveLength(1);
  });

  test("a silent host is no proof that it still runs there: nothing begins and nothing ends", () => {
    const judge = new IncidentJudge();
    const hosts = [host(1, { seenAtMs: startMs }), host(2, { seenAtMs: startMs + 70_000 })];
    judge.judge(sight(startMs, { bots: onBoth }), startMs);
    const judged = judge.judge(sight(startMs + 70_000, { hosts, bots: onBoth }), startMs);
    expect(judged.opened.map(({ kind }) => kind)).toEqual(["host_silent"]);
    const later = judge.judge(sight(startMs + 70_000, { hosts, bots: onBoth, open: [shared] }), startMs);
    expect(later.closed).toEqual([]);
  });

  test("it ends when one host has it, or one was stopped", () => {
    const judged = (changes: Partial<Sight>) =>
      new IncidentJudge().judge(sight(startMs, { open: [shared], ...changes }), startMs).closed;
    expect(judged({ bots: onBoth })).toEqual([]);
    const over = [{ incidentId: 8, outcome: "over" }];
    expect(judged({ bots: [] })).toEqual(over);
    const hosts = [host(1, { seenAtMs: startMs }), host(2, { state: "stopped" })];
    expect(judged({ bots: onBoth, hosts })).toEqual(over);
  });
});
