import { describe, expect, test } from "vitest";
import { Window } from "../../src/alerts/window.js";
import { AlertWorld, anything } from "./alert-world.js";

const ops = { ...anything, name: "ops" };
const minutes = (count: number) => count * 60_000;
const request = (world: AlertWorld, forMs: number) => ({
  channels: ["twitch/*"],
  rules: null,
  untilMs: world.wallMs + forMs,
  by: "ops",
  why: "deploy",
});

function running(more: Partial<ConstructorParameters<typeof AlertWorld>[0]> = {}): AlertWorld {
  const world = new AlertWorld({ receivers: [ops], bots: ["twitch/a", "twitch/b"], ...more });
  world.run(minutes(2));
  return world;
}

describe("a silence", () => {
  test.each([
    { by: "" },
    { why: " " },
    { untilMs: 0 },
    { untilMs: Number.NaN },
    { untilMs: Date.UTC(2030, 0) },
    { channels: [] },
    { channels: [""] },
  ])("is refused as %j, which does not say who, why, until when or of what [alerts/A22]", (wrong) => {
    const world = running();
    expect(() => world.book.silences.add({ ...request(world, minutes(5)), ...wrong }, world.wallMs)).toThrow(
      RangeError,
    );
  });

  test("ends by itself, also where the monitor was started anew meanwhile, and then tells what is open, with the reason [alerts/A22] [alerts/A23]", () => {
    const world = running();
    world.book.silences.add(request(world, minutes(10)), world.wallMs);
    world.down("twitch/a");
    world.run(minutes(5));
    world.kill(world.disk.waiting, 1_000);
    world.run(minutes(4));
    expect(world.told("ops")).toEqual([]);
    world.run(minutes(3));
    expect(world.told("ops")).toEqual(["down twitch/a"]);
    expect(world.items("ops")[0]?.why).toBe("the silence of ops is over: deploy");
  });

  test("holds at once and can be ended where the clock was set back after it was made", () => {
    const world = running();
    const { silenceId } = world.book.silences.add(request(world, minutes(240)), world.wallMs);
    world.wallMs -= minutes(60);
    world.down("twitch/a");
    world.run(minutes(10));
    expect(world.told("ops")).toEqual([]);
    expect(world.book.silences.end(silenceId, world.wallMs)).not.toBeNull();
    world.run(minutes(3));
    expect(world.told("ops")).toEqual(["down twitch/a"]);
  });

  test("does not keep the recovery of a told alert back, and tells nothing a second time when it ends [alerts/A23]", () => {
    const world = running();
    world.down("twitch/a");
    world.down("twitch/b");
    world.run(minutes(3));
    world.book.silences.add(request(world, minutes(10)), world.wallMs);
    world.up("twitch/a");
    world.run(minutes(3));
    expect(world.told("ops")).toEqual(["down twitch/a", "down twitch/b", "up twitch/a"]);
    world.run(minutes(15));
    expect(world.told("ops")).toEqual(["down twitch/a", "down twitch/b", "up twitch/a"]);
  });

  test("is over at once when somebody ends it", () => {
    const world = running();
    const { silenceId } = world.book.silences.add(request(world, minutes(600)), world.wallMs);
    world.down("twitch/a");
    world.run(minutes(5));
    expect(world.book.silences.end(silenceId, world.wallMs)).not.toBeNull();
    expect(world.book.silences.end(silenceId, world.wallMs)).toBeNull();
    world.run(minutes(2));
    expect(world.told("ops")).toEqual(["down twitch/a"]);
  });

  test("of rules is about those rules alone", () => {
    const world = running();
    world.book.silences.add({ ...request(world, minutes(60)), rules: ["trouble"] }, world.wallMs);
    world.down("twitch/a");
    world.set("twitch/b", { trouble: "no login" });
    world.run(minutes(5));
    expect(world.told("ops")).toEqual(["down twitch/a"]);
  });
});

describe("a window", () => {
  const window = {
    bots: ["*"],
    rules: null,
    every: null,
    at: "13:00",
    cron: null,
    forMs: minutes(30),
    timezone: null,
    why: "weekly restart",
  };

  test("keeps quiet what opens in it, and tells it afterwards, with the reason, if it is still open [alerts/A23]", () => {
    const startWallMs = Date.UTC(2026, 10, 4, 12, 55);
    const world = running({ windows: [window], startWallMs });
    world.run(minutes(5));
    world.down("twitch/a");
    world.down("twitch/b");
    world.run(minutes(20));
    world.up("twitch/b");
    world.run(minutes(6));
    expect(world.told("ops")).toEqual([]);
    world.run(minutes(5));
    expect(world.told("ops")).toEqual(["down twitch/a"]);
    expect(world.items("ops")[0]?.why).toBe("the window is over: weekly restart");
  });

  test("stays open in the second before it opens again [alerts/A23]", () => {
    const one = new Window({ ...window, at: null, cron: "0 * * * *", forMs: minutes(90) }, "UTC");
    const at = (ms: number) => one.openAt(Date.UTC(2026, 10, 4, 12) + ms)?.fromMs;
    expect([at(-1), at(-999)]).toEqual([at(-60_000), at(-60_000)]);
    expect(at(-60_000)).toBe(Date.UTC(2026, 10, 4, 11));
    expect(at(0)).toBe(Date.UTC(2026, 10, 4, 12));
  });

  test.each([
    // On 29 March 02:30 is skipped in Berlin, and on 25 October it comes twice.
    ["Europe/Berlin", "2026-03-29T01:15:00Z", true],
    ["Europe/Berlin", "2026-03-29T02:45:00Z", false],
    ["Europe/Berlin", "2026-03-29T00:45:00Z", false],
    ["Europe/Berlin", "2026-03-28T01:45:00Z", true],
    ["Europe/Berlin", "2026-10-25T00:45:00Z", true],
    ["Europe/Berlin", "2026-10-25T02:45:00Z", false],
    ["America/New_York", "2026-03-08T07:15:00Z", true],
    ["America/New_York", "2026-03-08T06:45:00Z", false],
    ["America/New_York", "2026-11-01T07:45:00Z", true],
    ["America/New_York", "2026-11-01T06:45:00Z", false],
    ["America/New_York", "2026-11-01T08:45:00Z", false],
    ["Asia/Kolkata", "2026-03-29T21:15:00Z", true],
    ["Asia/Kolkata", "2026-03-29T20:45:00Z", false],
    ["UTC", "2026-03-29T02:45:00Z", true],
    ["UTC", "2026-03-29T01:45:00Z", false],
    ["UTC", "2026-10-25T02:45:00Z", true],
  ])("at 02:30 for an hour in %s is open at %s: %s [alerts/A24]", (timezone, at, isOpen) => {
    const one = new Window({ ...window, at: "02:30", forMs: minutes(60), timezone }, "UTC");
    expect(one.openAt(Date.parse(at)) !== null).toBe(isOpen);
  });

  test.each(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"])(
    "opens once on each day of a year in %s, at its time or at the next there is [alerts/A24]",
    (timezone) => {
      const one = new Window({ ...window, at: "02:30", timezone }, "UTC");
      const openings = one.next(365, Date.UTC(2026, 0, 2));
      const days = new Set(
        openings.map(({ fromMs }) => new Date(fromMs).toLocaleDateString("en", { timeZone: timezone })),
      );
      expect(days.size).toBe(365);
      const times = openings.map(({ fromMs }) =>
        new Date(fromMs).toLocaleTimeString("en-GB", { timeZone: timezone }),
      );
      const odd = times.filter((time) => time !== "02:30:00");
      expect(odd.length).toBeLessThanOrEqual(1);
      for (const time of odd) expect(time).toMatch(/^03:[03]0:00$/);
    },
  );

  test("of days is open on those days alone, at its first and last moment", () => {
    const one = new Window({ ...window, every: ["sun"], at: "03:00" }, "UTC");
    expect(one.openAt(Date.UTC(2026, 10, 8, 3))).not.toBeNull();
    expect(one.openAt(Date.UTC(2026, 10, 8, 3) - 1)).toBeNull();
    expect(one.openAt(Date.UTC(2026, 10, 8, 3, 30) - 1)).not.toBeNull();
    expect(one.openAt(Date.UTC(2026, 10, 8, 3, 30))).toBeNull();
    expect(one.openAt(Date.UTC(2026, 10, 9, 3))).toBeNull();
  });
});

describe("what is told again", () => {
  test("once a day all that is open and not acknowledged, in one message; an acknowledgement ends with the alert [alerts/A25]", () => {
    const world = running({ reminderAt: "09:00" });
    world.down("twitch/a");
    world.down("twitch/b");
    world.run(minutes(3));
    const [alert] = [...world.book.episodes].filter(({ subject }) => subject.name === "twitch/a");
    world.book.acknowledge(alert?.alertId ?? "", { by: "ops", why: "known", atMs: world.wallMs });
    world.run(24 * minutes(60));
    expect(world.told("ops").slice(2)).toEqual(["still_down twitch/b"]);
    world.kill(0, 1_000);
    world.run(24 * minutes(60));
    expect(world.told("ops").slice(3)).toEqual(["still_down twitch/b"]);
    world.up("twitch/a");
    world.run(minutes(3));
    world.down("twitch/a");
    world.run(24 * minutes(60));
    expect(world.told("ops").slice(4)).toEqual([
      "up twitch/a",
      "down twitch/a",
      "still_down twitch/b",
      "still_down twitch/a",
    ]);
  });

  test("a day on which there was nothing to be reminded of has no reminder after a restart either [alerts/A5]", () => {
    const world = running({ reminderAt: "09:00", startWallMs: Date.UTC(2026, 10, 4, 8, 50) });
    world.run(minutes(15));
    world.down("twitch/a");
    world.run(minutes(5));
    expect(world.told("ops")).toEqual(["down twitch/a"]);
    world.kill(world.disk.waiting, 1_000);
    world.run(minutes(60));
    expect(world.told("ops")).toEqual(["down twitch/a"]);
    world.run(24 * minutes(60));
    expect(world.told("ops")).toEqual(["down twitch/a", "still_down twitch/a"]);
  });

  test("on Mondays a receiver hears that all is well, where it is", () => {
    const world = running({ reminderAt: "09:00", startWallMs: Date.UTC(2026, 10, 8, 12) });
    world.run(7 * 24 * minutes(60));
    expect(world.notices("ops").map(({ kind }) => kind)).toEqual(["all_well"]);
  });

  test("a receiver that wants it is reminded again and again until somebody acknowledges", () => {
    const world = running({ receivers: [{ ...ops, repeatMs: minutes(60) }] });
    world.down("twitch/a");
    world.run(minutes(130));
    expect(world.told("ops")).toEqual(["down twitch/a", "still_down twitch/a", "still_down twitch/a"]);
    const [alert] = world.book.episodes;
    world.book.acknowledge(alert?.alertId ?? "", { by: "ops", why: "known", atMs: world.wallMs });
    world.run(minutes(300));
    expect(world.told("ops")).toHaveLength(3);
  });

  test("news of other bots and restarts of the monitor put no reminder off, and what is due soon comes along", () => {
    const world = running({ receivers: [{ ...ops, repeatMs: minutes(60) }] });
    world.down("twitch/a");
    for (let i = 0; i < 4; i++) {
      world.run(minutes(15));
      if (i % 2 === 0) world.down("twitch/b");
      else world.up("twitch/b");
      world.run(minutes(5));
      world.kill(world.disk.waiting, 1_000);
    }
    const reminders = () => world.told("ops").filter((said) => said.startsWith("still_down"));
    expect(reminders()).toEqual(["still_down twitch/a"]);
    world.down("twitch/b");
    world.run(minutes(60));
    expect(reminders().slice(1)).toEqual(["still_down twitch/a", "still_down twitch/b"]);
    expect(world.notices("ops").filter(({ kind }) => kind === "reminder")).toHaveLength(2);
  });

  test("a reminder that was perhaps taken is not made anew before the next is due", () => {
    const world = running({ receivers: [{ ...ops, repeatMs: minutes(240) }] });
    world.down("twitch/a");
    world.run(minutes(5));
    world.reply = () => ({ kind: "in_doubt", detail: "no answer in time", taken: true });
    world.run(minutes(700));
    expect(world.notices("ops").filter(({ kind }) => kind === "reminder")).toHaveLength(2);
  });

  test("a bot that is back at the moment is not reminded of", () => {
    const world = running({ receivers: [{ ...ops, repeatMs: minutes(60) }] });
    world.down("twitch/a");
    world.run(minutes(60));
    world.up("twitch/a");
    world.run(minutes(60));
    expect(world.told("ops")).toEqual(["down twitch/a", "up twitch/a"]);
  });

  test("a receiver of the second line hears only of what is still open after its time and not acknowledged", () => {
    const world = running({ receivers: [ops, { ...anything, name: "second", afterMs: minutes(15) }] });
    world.down("twitch/a");
    world.run(minutes(5));
    world.up("twitch/a");
    world.run(minutes(20));
    expect(world.told("second")).toEqual([]);
    world.down("twitch/a");
    world.down("twitch/b");
    world.run(minutes(5));
    const [alert] = [...world.book.episodes].filter(({ subject }) => subject.name === "twitch/a");
    world.book.acknowledge(alert?.alertId ?? "", { by: "ops", why: "known", atMs: world.wallMs });
    world.run(minutes(20));
    expect(world.told("second")).toEqual(["down twitch/b"]);
  });
});
