import { describe, expect, test } from "vitest";
import { AlertWorld, anything, done, ok, refused, unset } from "./alert-world.js";
import { fakeBot } from "./fake-bot.js";

const ops = { ...anything, name: "ops" };
const minutes = (count: number) => count * 60_000;
const seconds = (count: number) => count * 1_000;

/** A world of so many bots whose monitor has been up for a while. */
function running(
  bots: number | readonly string[],
  more: Partial<ConstructorParameters<typeof AlertWorld>[0]> = {},
) {
  const names = typeof bots === "number" ? Array.from({ length: bots }, (_, i) => `twitch/b${i}`) : bots;
  const world = new AlertWorld({ receivers: [ops], bots: names, ...more });
  world.run(minutes(2));
  return world;
}

describe("what opens an alert", () => {
  test("a bot that its supervisor restarts within 30 s sends nothing [alerts/A14]", () => {
    const world = running(["twitch/a"]);
    world.down("twitch/a");
    world.run(seconds(29));
    world.up("twitch/a");
    world.run(minutes(10));
    expect(world.told("ops")).toEqual([]);
  });

  test("three crashes within ten minutes send one crash loop, and no down beside it [alerts/A14]", () => {
    const world = running(["twitch/a"]);
    for (let crash = 0; crash < 3; crash++) {
      world.down("twitch/a");
      world.run(seconds(5));
      world.up("twitch/a");
      world.run(seconds(60));
    }
    world.set("twitch/a", { crashLoop: true, crashesInTenMinutes: 3 });
    world.down("twitch/a");
    world.run(minutes(5));
    expect(world.told("ops")).toEqual(["down crash_loop twitch/a"]);
    world.up("twitch/a");
    world.set("twitch/a", { crashLoop: false });
    world.run(minutes(5));
    expect(world.told("ops")).toEqual(["down crash_loop twitch/a", "up crash_loop twitch/a"]);
  });

  test("a bot that is still dead when its crash loop is over is told as down", () => {
    const world = running(["twitch/a"]);
    world.set("twitch/a", { crashLoop: true });
    world.down("twitch/a");
    world.run(minutes(3));
    world.set("twitch/a", { crashLoop: false });
    world.run(minutes(5));
    expect([...world.told("ops")].sort()).toEqual([
      "down crash_loop twitch/a",
      "down twitch/a",
      "up crash_loop twitch/a",
    ]);
  });

  test("from silent to gone is one alert, which says once that it got worse [alerts/A16]", () => {
    const world = running(["twitch/a"]);
    world.set("twitch/a", { status: "stale", statusCause: "no heartbeat for 120 s" });
    world.run(minutes(3));
    world.down("twitch/a");
    world.run(minutes(3));
    world.up("twitch/a");
    world.run(minutes(3));
    expect(world.told("ops")).toEqual(["down twitch/a", "changed twitch/a", "up twitch/a"]);
    expect(new Set(world.items("ops").map(({ alertId }) => alertId)).size).toBe(1);
  });

  test("no bot is down by a silence that the monitor itself could not hear [alerts/A15]", () => {
    const world = running(["twitch/a"]);
    world.isBlind = true;
    world.set("twitch/a", { status: "stale" });
    world.run(minutes(10));
    expect(world.told("ops")).toEqual([]);
    world.isBlind = false;
    world.run(seconds(25));
    world.up("twitch/a");
    world.run(minutes(5));
    expect(world.told("ops")).toEqual([]);
  });

  test("where one principal's bots cannot be heard, the silence of another's is told [alerts/A15]", () => {
    const world = running(["team_a/1", "twitch/a"]);
    world.set("team_a/1", { principal: "team_a" });
    world.isBlind = "team_a";
    for (const channel of ["team_a/1", "twitch/a"]) world.set(channel, { status: "stale" });
    world.run(minutes(10));
    expect(world.told("ops")).toEqual(["down twitch/a"]);
  });

  test.each([7_200_000, -7_200_000])(
    "a step of the clock by %i ms opens and ends nothing [alerts/A15]",
    (stepMs) => {
      const world = running(["twitch/a", "twitch/b"], {
        rules: { rss_mb: { ...unset, above: 400 } },
      });
      world.down("twitch/a");
      world.run(seconds(20));
      world.wallMs += stepMs;
      world.run(seconds(5));
      world.up("twitch/a");
      world.run(minutes(10));
      expect(world.told("ops")).toEqual([]);
      world.down("twitch/b");
      world.run(minutes(2));
      expect(world.told("ops")).toEqual(["down twitch/b"]);
      world.wallMs -= stepMs;
      world.run(minutes(10));
      expect(world.told("ops")).toEqual(["down twitch/b"]);
    },
  );

  test.each([7_200_000, -7_200_000])(
    "after a step of the clock by %i ms a value is wrong for as long as before until it is told [alerts/A15]",
    (stepMs) => {
      const world = running(["twitch/a"], {
        rules: { rss_mb: { ...unset, above: 400, forMs: minutes(10) } },
      });
      const sample = (rssMb: number, forMs: number) => {
        for (let passed = 0; passed < forMs; passed += 1_000) {
          world.set("twitch/a", { rssMb, measuredAtMs: world.wallMs });
          world.second();
        }
      };
      sample(100, minutes(1));
      world.wallMs += stepMs;
      sample(500, minutes(9));
      expect(world.told("ops")).toEqual([]);
      sample(500, minutes(3));
      expect(world.told("ops")).toEqual(["down rss_mb twitch/a"]);
    },
  );

  test("a value that swings about its limit for an hour opens one alert at most [alerts/A17]", () => {
    const world = running(["twitch/a"], { rules: { rss_mb: { ...unset, above: 400, forMs: 60_000 } } });
    for (let second = 0; second < 3_600; second++) {
      const rssMb = 400 * (1 + 0.05 * Math.sin(second / 40));
      world.set("twitch/a", { rssMb, measuredAtMs: world.wallMs });
      world.second();
    }
    expect(world.told("ops").filter((one) => one.startsWith("down")).length).toBeLessThanOrEqual(1);
  });

  test("a failed sample opens and ends nothing [alerts/A21]", () => {
    const world = running(["twitch/a"], { rules: { rss_mb: { ...unset, above: 400, forMs: 60_000 } } });
    const sample = (rssMb: number | null, forMs: number) => {
      for (let passed = 0; passed < forMs; passed += 1_000) {
        world.set("twitch/a", { rssMb, measuredAtMs: rssMb === null ? null : world.wallMs });
        world.second();
      }
    };
    sample(500, seconds(30));
    sample(null, minutes(10));
    expect(world.told("ops")).toEqual([]);
    sample(500, minutes(2));
    expect(world.told("ops")).toEqual(["down rss_mb twitch/a"]);
    sample(null, minutes(30));
    expect(world.told("ops")).toEqual(["down rss_mb twitch/a"]);
    sample(100, minutes(3));
    expect(world.told("ops")).toEqual(["down rss_mb twitch/a", "up rss_mb twitch/a"]);
  });

  test("what a dead bot's process took ends without a recovery [alerts/A19]", () => {
    const world = running(["twitch/a"], { rules: { rss_mb: { ...unset, above: 400, forMs: 60_000 } } });
    for (let second = 0; second < 180; second++) {
      world.set("twitch/a", { rssMb: 900, measuredAtMs: world.wallMs });
      world.second();
    }
    world.down("twitch/a");
    world.run(minutes(5));
    expect(world.told("ops")).toEqual(["down rss_mb twitch/a", "down twitch/a", "info rss_mb twitch/a"]);
    const ended = world.items("ops").at(-1);
    expect(ended).toMatchObject({ cause: "the bot is down" });
    expect(ended?.endedMs).not.toBeNull();
  });

  test("a bot that goes up and down every 40 s for two hours sends four messages at most [alerts/A18]", () => {
    const world = running(["twitch/a"]);
    for (let round = 0; round < 90; round++) {
      world.down("twitch/a");
      world.run(seconds(40));
      world.up("twitch/a");
      world.run(seconds(40));
    }
    world.run(minutes(40));
    expect(world.notices("ops").length).toBeLessThanOrEqual(4);
    expect(world.told("ops").at(-1)).toMatch(/^(?:up|steady)/);
  });

  test("one that comes and goes every five minutes is told as flapping, once, and once when it is over [alerts/A18]", () => {
    const world = running(["twitch/a"]);
    for (let round = 0; round < 20; round++) {
      world.down("twitch/a");
      world.run(minutes(2));
      world.up("twitch/a");
      world.run(minutes(3));
    }
    world.run(minutes(40));
    const told = world.told("ops");
    expect(told.filter((one) => one.startsWith("flapping"))).toHaveLength(1);
    expect(told.filter((one) => one.startsWith("steady"))).toHaveLength(1);
    expect(told).toHaveLength(6);
  });

  test("a flapping bot that stays down for five minutes is told as down", () => {
    const world = running(["twitch/a"]);
    for (let round = 0; round < 4; round++) {
      world.down("twitch/a");
      world.run(minutes(2));
      world.up("twitch/a");
      world.run(minutes(3));
    }
    const before = world.told("ops").length;
    world.down("twitch/a");
    world.run(minutes(8));
    expect(world.told("ops").slice(before)).toEqual(["down twitch/a"]);
  });

  test("trouble is a warning after a minute, and over when the bot says so", () => {
    const world = running(["twitch/a"]);
    world.set("twitch/a", { trouble: "no login", troubleSinceMs: world.wallMs });
    world.run(minutes(3));
    world.set("twitch/a", { trouble: null, troubleSinceMs: null });
    world.run(minutes(3));
    expect(world.told("ops")).toEqual(["down trouble twitch/a", "up trouble twitch/a"]);
    expect(world.items("ops")[0]).toMatchObject({ severity: "warning", cause: "no login" });
  });

  test.each([
    [86_400_000, ["down absent twitch/a"]],
    [3_600_000, []],
  ])(
    "a bot that lived for %i ms, said goodbye and stays away is absent, if it lived for a day",
    (livedMs, told) => {
      const world = running(["twitch/a"]);
      world.set("twitch/a", { status: "offline", livedMs });
      world.run(minutes(29));
      expect(world.told("ops")).toEqual([]);
      world.run(minutes(3));
      expect(world.told("ops")).toEqual(told);
    },
  );
});

describe("what the operator says of a bot", () => {
  const words = {
    note: "ask Anna",
    runbook: "https://wiki.example/a",
    labels: { team: "tv" },
    expectAlways: true,
  };

  test("a bot that is expected always is critical after its goodbye, and where it was never heard of", () => {
    const world = running(["twitch/a"], { wordsOn: () => words, expected: ["twitch/a", "twitch/b"] });
    world.set("twitch/a", { status: "offline", livedMs: 1_000 });
    world.run(minutes(33));
    expect([...world.told("ops")].sort()).toEqual(["down absent twitch/a", "down absent twitch/b"]);
    for (const item of world.items("ops"))
      expect(item).toMatchObject({ severity: "critical", note: "ask Anna" });
    world.fleet.set("twitch/b", fakeBot("twitch/b"));
    world.judge.mark("twitch/b");
    world.up("twitch/a");
    world.run(minutes(3));
    expect([...world.told("ops").slice(2)].sort()).toEqual(["up absent twitch/a", "up absent twitch/b"]);
  });

  test("an expected bot that was never heard of is not absent where the rule is about other bots", () => {
    const rules = { absent: { ...unset, bots: ["twitch/*"] } };
    const world = running([], { rules, expected: ["kick/a", "twitch/b"] });
    world.run(minutes(33));
    expect(world.told("ops")).toEqual(["down absent twitch/b"]);
  });

  test("a receiver of some labels hears of bots that have them, and notices carry the words", () => {
    const world = running(["twitch/a", "twitch/b"], {
      receivers: [{ ...ops, labels: { team: "t*" } }],
      wordsOn: (channel) => (channel === "twitch/a" ? words : null),
    });
    world.down("twitch/a");
    world.down("twitch/b");
    world.run(minutes(3));
    expect(world.told("ops")).toEqual(["down twitch/a"]);
    const { note, runbook, labels } = words;
    expect(world.items("ops")[0]).toMatchObject({ note, runbook, labels });
  });
});

describe("what is told", () => {
  test("1 000 bots that die within a second and come back send two messages that name them all [alerts/A7]", () => {
    const world = running(1_000);
    for (const channel of world.fleet.keys()) world.down(channel);
    world.run(minutes(5));
    for (const channel of world.fleet.keys()) world.up(channel);
    world.run(minutes(5));
    const notices = world.notices("ops");
    expect(notices.map(({ items }) => items.length)).toEqual([1_000, 1_000]);
    expect(notices[0]?.fleet).toEqual({ online: 0, down: 1_000, other: 0 });
  });

  test("a receiver that takes a hundred alerts at a time hears of all of them in turn, and of recoveries as soon as of losses [alerts/A28] [alerts/A2]", () => {
    const world = running(1_000, { mostItems: { ops: 100 } });
    const channels = [...world.fleet.keys()];
    for (const channel of channels.slice(0, 450)) world.down(channel);
    world.run(minutes(3));
    const { waiting } = world.mailroom.get("ops") ?? {};
    const told = world.items("ops").map(({ subject }) => subject);
    expect([told.length % 100, told.length + (waiting ?? 0)]).toEqual([0, 450]);
    for (const channel of told) world.up(channel);
    for (const channel of channels.slice(450)) world.down(channel);
    world.run(minutes(3));
    const [mixed] = world.notices("ops").filter(({ items }) => items.some(({ kind }) => kind === "up"));
    const counts = (kind: string) => mixed?.items.filter((item) => item.kind === kind).length;
    expect([counts("up"), counts("down")]).toEqual([50, 50]);
    for (const channel of channels) world.up(channel);
    world.run(minutes(30));
    for (const { items } of world.notices("ops")) expect(items.length).toBeLessThanOrEqual(100);
    const ids = (kind: string) =>
      world.items("ops").flatMap((item) => (item.kind === kind ? item.alertId : []));
    expect(ids("up").sort()).toEqual(ids("down").sort());
    expect(world.mailroom.get("ops")?.waiting).toBe(0);
  });

  test("forty bots of one process that die among 200 have it as their cause, with both counts [alerts/A20]", () => {
    const world = running(200);
    let at = 0;
    for (const [channel, bot] of world.fleet) {
      bot.pid = at < 40 ? 4711 : 5000 + at;
      bot.version = `1.${at % 7}`;
      if (at++ < 40) world.down(channel);
    }
    world.run(minutes(3));
    expect(world.notices("ops")[0]?.sharedCause).toEqual({
      dimension: "process",
      value: "pid 4711",
      affected: 40,
      of: 40,
      othersAffected: 0,
      others: 160,
    });
    expect(world.items("ops")[0]?.facts).toMatchObject({ pid: 4711, process_bots: 40 });
  });

  test("bots that die at random have no cause in common", () => {
    const world = running(200);
    let at = 0;
    for (const [channel, bot] of world.fleet) {
      bot.pid = 5_000 + at;
      bot.version = `1.${at % 7}`;
      if (at++ % 11 === 0) world.down(channel);
    }
    world.run(minutes(3));
    expect(world.notices("ops")[0]?.sharedCause).toBeNull();
  });

  test("a receiver that was away for eight hours hears what is, and what it missed, in two messages at most [alerts/A9]", () => {
    const world = running(50);
    world.reply = () => refused;
    const channels = [...world.fleet.keys()];
    for (let round = 0; round < 200; round++) {
      const channel = channels[round % channels.length] as string;
      world.down(channel);
      world.run(seconds(100));
      world.up(channel);
      world.run(seconds(44));
    }
    world.run(minutes(2));
    world.down(channels[0] as string);
    world.run(minutes(3));
    world.reply = () => ok;
    world.run(minutes(10));
    expect(world.notices("ops").length).toBeLessThanOrEqual(2);
    const told = world.told("ops");
    expect(told.filter((one) => one.startsWith("was_down")).length).toBe(200);
    expect(told).toContain(`down ${channels[0]}`);
  });

  test("no request comes before the time that a receiver asked for, and nothing is lost [alerts/A8]", () => {
    const world = running(["twitch/a"]);
    let refusals = 0;
    world.reply = () => (refusals++ < 2 ? { kind: "refused", retryAfterMs: 400_000, detail: "429" } : ok);
    world.down("twitch/a");
    world.run(minutes(20));
    const times = world.requests.map(({ atMs }) => atMs);
    expect(times).toHaveLength(3);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(400_000);
    expect((times[2] ?? 0) - (times[1] ?? 0)).toBeGreaterThanOrEqual(400_000);
    expect(world.told("ops")).toEqual(["down twitch/a"]);
  });

  test("a receiver whose address is wrong is asked once an hour, and its fallback is told [alerts/A12]", () => {
    const world = running(["twitch/a"], {
      receivers: [
        { ...ops, fallback: "mail" },
        { ...anything, name: "mail", rules: ["receiver_failing"] },
      ],
    });
    world.reply = (_, receiver) => (receiver === "ops" ? { kind: "broken", detail: "404" } : ok);
    world.down("twitch/a");
    world.run(minutes(5));
    expect([...world.told("mail")].sort()).toEqual(["down receiver_failing ops", "down twitch/a"]);
    world.run(minutes(170));
    expect(world.requests.filter(({ receiver }) => receiver === "ops")).toHaveLength(3);
  });

  test("a refusal after a doubt repeats the same bytes under the same id [alerts/A6]", () => {
    const world = running(["twitch/a"]);
    let attempt = 0;
    world.reply = () => {
      attempt++;
      if (attempt === 1) return { kind: "in_doubt", detail: "reset", taken: true };
      return attempt < 4 ? refused : ok;
    };
    world.down("twitch/a");
    world.run(seconds(90));
    world.up("twitch/a");
    world.run(minutes(5));
    expect(new Set(world.requests.slice(0, 4).map(({ noticeId }) => noticeId)).size).toBe(1);
    expect(world.told("ops")).toEqual(["down twitch/a", "up twitch/a"]);
  });

  test("a restart with no change in the fleet sends nothing [alerts/A5]", () => {
    const world = running(["twitch/a", "twitch/b"]);
    world.down("twitch/a");
    world.run(minutes(3));
    for (let restart = 0; restart < 5; restart++) {
      world.kill(0, 5_000);
      world.run(minutes(5));
    }
    expect(world.told("ops")).toEqual(["down twitch/a"]);
  });

  test.each([0, 10, 29, 31, 45, 60])(
    "a monitor that is killed %i s after a death tells it within 90 s of its start [alerts/A4]",
    (killedS) => {
      const world = running(["twitch/a"]);
      world.down("twitch/a");
      world.run(seconds(killedS));
      const before = world.told("ops").length;
      world.kill(0, 1_000);
      world.run(seconds(90));
      expect(world.told("ops")).toEqual(["down twitch/a"]);
      expect(before).toBeLessThanOrEqual(1);
    },
  );

  test("the first start says how many are down, and not which; their recoveries are told", () => {
    const world = new AlertWorld({ receivers: [ops], bots: ["twitch/a", "twitch/b"], isKnown: false });
    world.set("twitch/a", { status: "dead" });
    const bot = world.fleet.get("twitch/a");
    if (bot !== undefined) bot.statusSinceMs = 0;
    world.run(minutes(3));
    const [first, ...more] = world.notices("ops");
    expect(first).toMatchObject({ kind: "first", items: [], fleet: { online: 1, down: 1 } });
    expect(more).toEqual([]);
    world.up("twitch/a");
    world.down("twitch/b");
    world.run(minutes(3));
    expect([...world.told("ops")].sort()).toEqual(["down twitch/b", "up twitch/a"]);
  });
});

test("an alert that ends while the notice about it is made, or while its answer is learnt, ends for the receiver too, and for no other [alerts/A1] [alerts/A3]", () => {
  for (let piece = 0; piece < 12; piece++) {
    for (const moment of ["making", "learning"] as const) {
      const world = running(["twitch/a", "twitch/b"], {
        receivers: [ops, { ...anything, name: "away", rules: ["trouble"] }],
      });
      const [mailbox] = world.mailroom.mailboxes;
      if (mailbox === undefined) throw new Error("no mailbox");
      world.down("twitch/a");
      world.down("twitch/b");
      let left = piece;
      const leave = () => {
        world.fleet.delete("twitch/a");
        world.book.forget("twitch/a", world.now);
      };
      const forget = () => {
        if (left-- === 0) leave();
        return true;
      };
      let rendered = null;
      for (let second = 0; rendered === null && second < 120; second++) {
        world.pass(1_000);
        world.decide();
        const isReady = mailbox.nextClockMs <= world.clockMs;
        rendered = done(mailbox.step(world.now), moment === "making" && isReady ? forget : () => true);
        world.disk.commit();
      }
      if (rendered === null) throw new Error("nothing was made");
      done(
        mailbox.settle(world.send("ops", rendered), world.now),
        moment === "learning" ? forget : () => true,
      );
      if (left >= 0) leave();
      world.up("twitch/b");
      world.run(minutes(10));
      const told = world.told("ops").filter((item) => item.endsWith("twitch/a"));
      expect([piece, moment, told]).toEqual([
        piece,
        moment,
        told.length === 0 ? [] : ["down twitch/a", "info twitch/a"],
      ]);
      expect(world.told("ops").filter((item) => item.endsWith("twitch/b"))).toEqual([
        "down twitch/b",
        "up twitch/b",
      ]);
      expect(world.items("ops").find(({ kind }) => kind === "down")?.endedMs).toBeNull();
      expect(world.book.ended.size).toBe(0);
    }
  }
});

test("a clock that was set back over a restart does not turn the order of an end and the next down round [alerts/A1] [alerts/A15]", () => {
  const world = running(["twitch/a"]);
  world.down("twitch/a");
  world.run(minutes(2));
  expect(world.told("ops")).toEqual(["down twitch/a"]);
  world.reply = () => refused;
  world.up("twitch/a");
  world.run(minutes(3));
  world.wallMs -= 7_200_000;
  world.kill(0, seconds(1));
  world.down("twitch/a");
  world.run(minutes(2));
  world.reply = () => ok;
  world.run(minutes(130));
  expect(world.told("ops")).toEqual(["down twitch/a", "up twitch/a", "down twitch/a"]);
});
