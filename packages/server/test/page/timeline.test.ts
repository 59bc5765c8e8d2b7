import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stripPaths } from "../../page/bot/strip-path.js";
import { stripText } from "../../page/bot/strip-text.js";
import { changeFrom, type Segment, type StatusChange, segmentsOf } from "../../page/bot/timeline.js";
import { statuses } from "../../page/fleet/bot.js";
import { History } from "../../page/fleet/history.js";
import { quickText, shortSpanText, spanText, ZoneClock } from "../../page/frame/time-text.js";

const period = { fromMs: 0, toMs: 86_400_000 };

function change(
  tsMs: number,
  from: StatusChange["from"],
  to: StatusChange["to"],
  channel = "a",
): StatusChange {
  const told = {
    channel,
    ts: tsMs,
    from_status: from,
    to_status: to,
    pid: 1,
    cause: "",
    cause_code: "other",
  };
  const made = changeFrom(told);
  if (made === null) throw new Error("no change");
  return made;
}

const lengths = (segments: readonly Segment[]) =>
  segments.map(({ status, fromMs, toMs }) => [status, toMs - fromMs]);

describe("a strip", () => {
  test("has the length of each status, back from the present [page/R6]", () => {
    const changes = [change(10_000_000, "online", "dead"), change(10_003_000, "dead", "online")];
    expect(lengths(segmentsOf({ status: "online", sinceMs: 10_003_000 }, changes, period))).toEqual([
      ["online", 10_000_000],
      ["dead", 3_000],
      ["online", 76_397_000],
    ]);
  });

  test("knows nothing before a bot's first change, nor of one that came later than its story [page/R6]", () => {
    const first = [change(80_000_000, null, "online")];
    expect(lengths(segmentsOf({ status: "online", sinceMs: 80_000_000 }, first, period))).toEqual([
      [null, 80_000_000],
      ["online", 6_400_000],
    ]);
    expect(lengths(segmentsOf({ status: "stale", sinceMs: 86_000_000 }, [], period))).toEqual([
      [null, 86_000_000],
      ["stale", 400_000],
    ]);
    expect(lengths(segmentsOf({ status: "dead", sinceMs: -5 }, [], period))).toEqual([["dead", 86_400_000]]);
    expect(lengths(segmentsOf({ status: "dead", sinceMs: null }, [], period))).toEqual([[null, 86_400_000]]);
  });

  test("is hatched where nobody watched, and counts that time neither up nor down [page/R6]", () => {
    const gap = [{ fromMs: 1_000, toMs: 2_000 }];
    expect(
      lengths(segmentsOf({ status: "online", sinceMs: -1 }, [], { fromMs: 0, toMs: 5_000 }, gap)),
    ).toEqual([
      ["online", 1_000],
      [null, 1_000],
      ["online", 3_000],
    ]);
  });

  test("covers its time without gap or overlap, whatever happened [page/R5]", () => {
    const status = fc.constantFrom(...statuses);
    const time = fc.integer({ min: -1_000, max: 5_000 });
    const story = fc.array(fc.tuple(time, status, status), { maxLength: 12 });
    const span = fc.tuple(time, time).map(([a, b]) => ({ fromMs: Math.min(a, b), toMs: Math.max(a, b) }));
    fc.assert(
      fc.property(
        status,
        fc.option(time, { nil: null }),
        story,
        fc.array(span, { maxLength: 3 }),
        (now, sinceMs, list, gaps) => {
          const changes = list.map(([ts, from, to]) => change(ts, from, to)).sort((a, b) => a.tsMs - b.tsMs);
          const of = { fromMs: 0, toMs: 4_000 };
          const segments = segmentsOf({ status: now, sinceMs }, changes, of, gaps);
          expect(segments[0]?.fromMs).toBe(0);
          expect(segments.at(-1)?.toMs).toBe(4_000);
          for (const [i, { fromMs, toMs }] of segments.entries()) {
            expect(toMs).toBeGreaterThan(fromMs);
            if (i > 0) expect(fromMs).toBe(segments[i - 1]?.toMs);
          }
          // At any moment that somebody watched it is what the last change before it said.
          for (const { status: shown, fromMs } of segments) {
            if (gaps.some((gap) => fromMs >= gap.fromMs && fromMs < gap.toMs)) expect(shown).toBeNull();
            else {
              const last = changes
                .filter(({ tsMs, from, to }) => tsMs <= fromMs && tsMs > 0 && from !== to)
                .at(-1);
              if (last !== undefined) expect(shown).toBe(last.to);
            }
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test("shows three seconds of death within a day, and says how long they were [page/R6]", () => {
    const changes = [change(40_000_000, "online", "dead"), change(40_003_000, "dead", "online")];
    const segments = segmentsOf({ status: "online", sinceMs: 40_003_000 }, changes, period);
    const dead = stripPaths(segments, period, 12).find(({ status }) => status === "dead");
    expect(dead?.path).toBe("M463 0h12v1h-12z");
    expect(stripText(segments, period)).toBe("24 hours: down 1 time: 3 s");
    expect(stripText(segmentsOf({ status: "online", sinceMs: -1 }, [], period), period)).toBe(
      "24 hours: never down",
    );
  });

  test("says how long each time down was, and how much nobody knows [page/R6]", () => {
    const hourMs = 3_600_000;
    const text = (...parts: readonly (readonly [Segment["status"], number])[]) => {
      let atMs = 0;
      const segments = parts.map(([status, hours]) => {
        const fromMs = atMs;
        atMs += hours * hourMs;
        return { status, fromMs, toMs: atMs };
      });
      return stripText(segments, { fromMs: 0, toMs: atMs });
    };
    expect(text(["online", 1], ["stale", 1], ["dead", 2], ["online", 1])).toBe("24 hours: down 1 time: 3 h");
    // Nobody watched for an hour: that is neither another time down nor a longer one.
    expect(text([null, 2], ["dead", 2], [null, 1], ["dead", 3], ["online", 4], ["dead", 0.5])).toBe(
      "24 hours: down 2 times: 5 h, then until now; 3 h unknown",
    );
    expect(text(["dead", 2], [null, 1])).toBe("24 hours: down 1 time: until now; 1 h unknown");
    expect(text(["dead", 2], [null, 1], ["online", 1])).toBe("24 hours: down 1 time: 2 h; 1 h unknown");
    expect(text([null, 24])).toBe("24 hours: never down; 24 h unknown");
    const often = Array.from({ length: 7 }, (_, i) => [["dead", i + 1] as const, ["online", 1] as const]);
    expect(text(...often.flat())).toBe(
      "24 hours: down 7 times: …, then 3 h, then 4 h, then 5 h, then 6 h, then 7 h",
    );
  });

  test("shows how a bot is now, also of one that came a moment ago [page/R6]", () => {
    const changes = [change(86_399_000, null, "online")];
    const segments = segmentsOf({ status: "online", sinceMs: 86_399_000 }, changes, period);
    expect(stripPaths(segments, period, 12)).toEqual([{ status: "online", path: "M988 0h12v1h-12z" }]);
  });

  test("never leaves its box [page/R6]", () => {
    const segments: Segment[] = [{ status: "dead", fromMs: 86_399_000, toMs: 86_400_000 }];
    expect(stripPaths(segments, period, 12)).toEqual([{ status: "dead", path: "M988 0h12v1h-12z" }]);
  });
});

describe("the history", () => {
  const event = (ts: number, from: string | null, to: string, channel = "a") => ({
    id: ts,
    channel,
    ts,
    pid: 1,
    from_status: from,
    to_status: to,
    cause: "",
    cause_code: "other",
  });

  test("is the same, whether the answer or the stream came first [page/R5]", () => {
    const asked = [
      event(3_000, "dead", "online"),
      event(2_000, "online", "dead"),
      event(1_000, null, "online"),
    ];
    const live = change(4_000, "online", "stale");
    const before = new History();
    before.add(change(3_000, "dead", "online"));
    before.add(live);
    before.load(asked, 0, 10_000);
    const after = new History();
    after.load(asked, 0, 10_000);
    after.add(live);
    after.add(live);
    expect(before.of("a")).toEqual(after.of("a"));
    expect(after.of("a").map(({ tsMs }) => tsMs)).toEqual([1_000, 2_000, 3_000, 4_000]);
    expect(after.fromMs).toBe(0);
  });

  test("knows the cause of a bot's last death, of which the last change alone need not tell [page/R2]", () => {
    const history = new History();
    expect(history.lastDeathOf("a")).toBeNull();
    const told = [
      { ...event(1_000, "online", "dead"), cause: "exit 1: first" },
      { ...event(2_000, "dead", "online"), cause: "restarted as pid 2" },
      { ...event(3_000, "online", "dead"), cause: "exit 1: second" },
      { ...event(4_000, "dead", "online"), cause: "restarted as pid 3" },
      { ...event(5_000, "online", "dead", "b"), cause: "of another" },
    ];
    history.load(told.toReversed(), 0, 100);
    expect(history.lastDeathOf("a")).toBe("exit 1: second");
  });

  test("says since when it is whole where the answer was cut off [page/R6]", () => {
    const history = new History();
    history.load([event(3_000, "dead", "online"), event(2_000, "online", "dead")], 0, 2);
    expect(history.fromMs).toBe(2_000);
  });

  test("stays bounded: a day, and a thousand changes of one bot [page/R31]", () => {
    const history = new History();
    for (let i = 0; i < 3_000; i++) history.add(change(i, "dead", "online"));
    expect(history.of("a").length).toBe(1_000);
    history.add(change(90_000_000, "online", "dead"));
    expect(history.of("a").length).toBe(1);
    history.forget("a");
    expect(history.of("a")).toEqual([]);
  });
});

describe("times", () => {
  test.each([
    [-5, "0 s", "0 s"],
    [59_999, "59 s", "59 s"],
    [130_000, "2 min 10 s", "2 min"],
    [2_040_000, "34 min", "34 min"],
    [12_000_000, "3 h 20 min", "3 h"],
    [100_000_000, "27 h", "27 h"],
    [187_200_000, "2 d 4 h", "2 d"],
    [1_100_000_000, "12 d", "12 d"],
  ])("%d ms are %j, or %j in a column [page/R11]", (ms, long, short) => {
    expect([spanText(ms), shortSpanText(ms)]).toEqual([long, short]);
  });

  test("are in the zone that was chosen, with the day where it is another one [page/R11]", () => {
    const nowMs = Date.parse("2026-11-26T17:34:12+00:00");
    const berlin = new ZoneClock("Europe/Berlin");
    expect(berlin.text(nowMs, nowMs)).toBe("18:34:12");
    expect(berlin.text(nowMs - 86_400_000, nowMs)).toBe("25 Nov 18:34:12");
    expect(berlin.iso(nowMs)).toBe("2026-11-26T18:34:12+01:00");
    expect(new ZoneClock("UTC").iso(nowMs)).toBe("2026-11-26T17:34:12+00:00");
    expect(new ZoneClock("Asia/Kolkata").iso(nowMs)).toBe("2026-11-26T23:04:12+05:30");
    expect(() => new ZoneClock("Mars/Olympus")).toThrow(RangeError);
  });
});

test("what took milliseconds is said in them, and in seconds what took longer", () => {
  const texts = [0, 700, 999.4, 999.6, 1_240, 9_940, 9_960, 34_400].map(quickText);
  expect(texts).toEqual(["0 ms", "700 ms", "999 ms", "1.0 s", "1.2 s", "9.9 s", "10 s", "34 s"]);
});
