import { describe, expect, test } from "vitest";
import type { HostIncident } from "../../src/alerts/host-incidents.js";
import { AlertWorld, anything, ok, refused, unset } from "./alert-world.js";

const receivers = [{ ...anything, name: "ops" }];
const silence: HostIncident = {
  incidentId: 7,
  rule: "host_silent",
  subject: "web-1",
  cause: "its monitor does not report any more; its 2 bots are unknown",
  sinceMs: Date.UTC(2026, 10, 4, 11),
  facts: { bots: 2 },
  end: null,
  isTold: false,
};

/** A world past the quiet of its start, with a receiver that takes everything. */
function world(rules = {}): AlertWorld {
  const made = new AlertWorld({ receivers, bots: ["a"], rules });
  made.run(120_000);
  return made;
}

/** The news of the leader, and two minutes. */
function take(made: AlertWorld, incidents: readonly HostIncident[] | null): string[] {
  made.hosts.take(incidents);
  made.run(120_000);
  return made.told("ops");
}

describe("an incident of a host", () => {
  test("makes one notice and one recovery, and is marked as each was told [fleet/R15]", () => {
    const made = world();
    expect(take(made, [silence])).toEqual(["down host_silent web-1"]);
    expect(made.items("ops")[0]).toMatchObject({
      severity: "critical",
      subjectKind: "host",
      sinceMs: silence.sinceMs,
      cause: silence.cause,
    });
    expect(made.marks).toEqual([{ incidentId: 7, mark: "told" }]);
    expect(take(made, [{ ...silence, isTold: true }])).toHaveLength(1);
    expect(take(made, [{ ...silence, isTold: true, end: "over" }])).toEqual([
      "down host_silent web-1",
      "up host_silent web-1",
    ]);
    expect(made.marks.at(-1)).toEqual({ incidentId: 7, mark: "ended" });
    expect(take(made, [])).toHaveLength(2);
  });

  test("of which another monitor told is taken over silently, and its end is told", () => {
    const made = world();
    expect(take(made, [{ ...silence, isTold: true }])).toEqual([]);
    expect(made.marks).toEqual([]);
    expect(take(made, [{ ...silence, isTold: true, end: "over" }])).toEqual(["up host_silent web-1"]);
    expect(made.marks).toEqual([{ incidentId: 7, mark: "ended" }]);
  });

  test("that was told elsewhere and is over by now is told as over", () => {
    const made = world();
    expect(take(made, [{ ...silence, isTold: true, end: "over" }])).toEqual(["up host_silent web-1"]);
    expect(made.marks).toEqual([{ incidentId: 7, mark: "ended" }]);
  });

  test("that nobody was told of and is over is told to nobody", () => {
    const made = world();
    expect(take(made, [{ ...silence, end: "over" }])).toEqual([]);
    expect(made.marks).toEqual([{ incidentId: 7, mark: "ended" }]);
  });

  test("is marked as told while its recovery waits, so that another monitor can tell the end", () => {
    const made = world();
    take(made, [silence]);
    // The end comes before the mark of the beginning was written.
    made.marks.length = 0;
    made.hosts.take([{ ...silence, end: "over" }]);
    made.reply = () => refused;
    made.run(120_000);
    expect(made.told("ops")).toEqual(["down host_silent web-1"]);
    expect(made.marks).toEqual([{ incidentId: 7, mark: "told" }]);
    made.reply = () => ok;
    made.run(600_000);
    expect(made.told("ops")).toEqual(["down host_silent web-1", "up host_silent web-1"]);
    expect(made.marks.at(-1)).toEqual({ incidentId: 7, mark: "ended" });
  });

  test("of a host that was stopped ends without a recovery [fleet/R16]", () => {
    const made = world();
    take(made, [silence]);
    expect(take(made, [{ ...silence, isTold: true, end: "gone" }])).toEqual([
      "down host_silent web-1",
      "info host_silent web-1",
    ]);
    expect(made.marks.at(-1)).toEqual({ incidentId: 7, mark: "ended" });
  });

  test("stays as it is while nothing is known, and is told once over a restart [fleet/R14]", () => {
    const made = world();
    take(made, [silence]);
    expect(take(made, null)).toHaveLength(1);
    made.kill(Number.POSITIVE_INFINITY, 5_000);
    made.run(120_000);
    expect(made.told("ops"), "nothing is known yet").toHaveLength(1);
    expect(take(made, [silence])).toHaveLength(1);
    expect(made.marks.at(-1), "the mark of before may be lost").toEqual({ incidentId: 7, mark: "told" });
    expect(take(made, [{ ...silence, end: "over" }])).toEqual([
      "down host_silent web-1",
      "up host_silent web-1",
    ]);
  });

  test("that another monitor tells of by now ends here silently", () => {
    const made = world();
    take(made, [silence]);
    expect(take(made, [])).toEqual(["down host_silent web-1"]);
    expect([...made.book.episodes]).toEqual([]);
    expect(made.book.ended.size).toBe(0);
    made.disk.commit();
    expect([...made.disk.contents.tells.values()].map(({ tell }) => tell.phase)).toEqual(["over"]);
  });

  test("that another monitor took over leaves a later one of that host its end, once over restarts", () => {
    const made = world();
    take(made, [silence]);
    take(made, []);
    const later = { ...silence, incidentId: 8 };
    take(made, [later]);
    const all = ["down host_silent web-1", "down host_silent web-1", "up host_silent web-1"];
    const isOver = [{ ...later, isTold: true, end: "over" } as const];
    expect(take(made, isOver)).toEqual(all);
    expect(made.marks.at(-1)).toEqual({ incidentId: 8, mark: "ended" });
    made.kill(Number.POSITIVE_INFINITY, 5_000);
    expect(take(made, [])).toEqual(all);
  });

  test("of a monitor that left the fleet ends after its restart, and says so once", () => {
    const made = world();
    take(made, [silence]);
    made.isInFleet = false;
    made.kill(Number.POSITIVE_INFINITY, 5_000);
    made.run(120_000);
    expect(made.told("ops")).toEqual(["down host_silent web-1", "info host_silent web-1"]);
    expect([...made.book.episodes]).toEqual([]);
    made.run(600_000);
    expect(made.told("ops")).toHaveLength(2);
  });

  test("of two hosts of one name is open as long as one of them is silent", () => {
    const made = world();
    const other = { ...silence, incidentId: 8 };
    expect(take(made, [silence, other])).toHaveLength(1);
    expect(take(made, [{ ...silence, isTold: true, end: "over" }, other])).toHaveLength(1);
    expect(take(made, [{ ...other, isTold: true, end: "over" }])).toHaveLength(2);
  });
});

test("a channel on two hosts is a warning that goes where its bot's alerts go", () => {
  const shared: HostIncident = {
    ...silence,
    rule: "channel_on_two_hosts",
    subject: "a",
    cause: "it is online on web-1 and web-2",
    facts: { hosts: "web-1 and web-2" },
  };
  const made = new AlertWorld({
    receivers: [
      { ...anything, name: "ops" },
      { ...anything, name: "others", bots: ["b*"] },
    ],
    bots: ["a"],
  });
  made.run(120_000);
  expect(take(made, [shared])).toEqual(["down channel_on_two_hosts a"]);
  expect(made.items("ops")[0]).toMatchObject({ severity: "warning", cause: shared.cause });
  expect(made.told("others")).toEqual([]);
  made.kill(made.disk.waiting, 1_000);
  made.hosts.take([shared]);
  made.run(120_000);
  expect(made.told("others"), "after a restart").toEqual([]);
});

test("a rule that is off tells of nothing", () => {
  expect(take(world({ host_silent: { ...unset, enabled: false } }), [silence])).toEqual([]);
});
