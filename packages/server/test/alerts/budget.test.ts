import type { LlmUsage } from "@kissbot/store";
import { describe, expect, test } from "vitest";
import { explain } from "../../src/alerts/explanation.js";
import type { BudgetSource } from "../../src/alerts/rules/budget.js";
import type { Budget } from "../../src/cost/budget.js";
import type { BudgetMeter } from "../../src/cost/budget-meter.js";
import { BudgetStandings } from "../../src/cost/budget-standings.js";
import { factsText } from "../../src/notices/facts-text.js";
import { noticeText } from "../../src/notices/notice-text.js";
import { budgetOf, callOf, meterOf, report } from "../cost/plain-budget.js";
import { AlertWorld, type AlertWorldOptions, anything, ok, refused, unset } from "./alert-world.js";

const ops = { ...anything, name: "ops" };
const minute = 60_000;
const hour = 60 * minute;
const noon = Date.UTC(2026, 10, 26, 12);

/** The desk with a meter, which the next monitor makes anew from what is stored. */
class BudgetWorld {
  readonly world: AlertWorld;
  readonly stored: LlmUsage[] = [];
  budgets: readonly Budget[];
  meter!: BudgetMeter;
  #standings!: BudgetStandings;

  constructor(budgets: readonly Budget[], options: Partial<AlertWorldOptions> = {}) {
    this.budgets = budgets;
    const source: BudgetSource = {
      passed: () => this.#standings.passed(),
      expected: () => this.#standings.expected(),
      about: (name) => this.#standings.about(name),
      isOver: (...args) => this.#standings.isOver(...args),
    };
    this.world = new AlertWorld({
      receivers: [ops],
      bots: ["twitch/a", "kick/b"],
      startWallMs: noon,
      budgets: source,
      ...options,
    });
    this.#measure();
    this.run(2 * minute);
  }

  spend(costUsd: number | null, terms: Partial<LlmUsage> = {}): void {
    const call = callOf({ tsMs: this.world.wallMs, costUsd, ...terms });
    this.stored.push(call);
    report(this.meter, call);
  }

  run(ms: number): void {
    for (let passed = 0; passed < ms; passed += 1_000) {
      this.meter.advance();
      this.world.second();
    }
  }

  /** Killed; so many of the last writes are there, and of the calls all but the last ones. */
  kill({ committed = this.world.disk.waiting, lostCalls = 0, laterMs = 1_000 } = {}): void {
    this.stored.splice(this.stored.length - lostCalls, lostCalls);
    this.world.kill(committed, laterMs);
    this.#measure();
  }

  told(receiver = "ops"): string[] {
    return this.world.items(receiver).map(({ kind, rule, subject, facts }) => {
      const step = rule === "budget" ? ` ${facts["step_pct"]} %` : "";
      return `${kind} ${rule} ${subject}${step}`;
    });
  }

  #measure(): void {
    const clock = { wallMs: () => this.world.wallMs };
    this.meter = meterOf(this.budgets, clock);
    this.#standings = new BudgetStandings(this.meter, clock);
    for (const { tsMs, costUsd, tokensIn, tokensOut, channel } of this.stored) {
      const tokens = tokensIn + tokensOut;
      const sums = { calls: 1, tokens, knownTokens: costUsd === null ? 0 : tokens, usd: costUsd ?? 0 };
      for (const { budget, counted } of this.meter.all)
        counted.add(budget.each === null ? "" : channel, tsMs, sums, false);
    }
  }
}

describe("a step of a budget", () => {
  test("that a late call passes at the end of its period is told once, and not again an hour later", () => {
    const world = new BudgetWorld([budgetOf()]);
    const midnight = Date.UTC(2026, 10, 27);
    world.run(midnight - 2 * hour - world.world.wallMs);
    world.spend(8);
    world.run(midnight + 5_000 - world.world.wallMs);
    world.spend(3, { tsMs: midnight - 2_000 });
    world.run(3 * hour);
    expect(world.told()).toEqual([
      "info budget fleet 2026-11-26 80 %",
      "changed budget fleet 2026-11-26 100 %",
    ]);
    expect([...world.world.book.episodes]).toEqual([]);
  });

  test("is told once in a period, and the next one as it comes [cost/C11]", () => {
    const world = new BudgetWorld([budgetOf()]);
    world.spend(4.9);
    world.run(5 * minute);
    expect(world.told()).toEqual([]);
    world.spend(0.1);
    world.run(5 * minute);
    for (let i = 0; i < 60; i++) {
      world.spend(0.01);
      world.run(10_000);
    }
    expect(world.told()).toEqual(["info budget fleet 2026-11-26 50 %"]);
    world.spend(3);
    world.run(5 * minute);
    world.spend(9);
    world.run(5 * minute);
    expect(world.told()).toEqual([
      "info budget fleet 2026-11-26 50 %",
      "changed budget fleet 2026-11-26 80 %",
      "changed budget fleet 2026-11-26 100 %",
    ]);
    expect(world.world.items("ops").map(({ severity }) => severity)).toEqual([
      "warning",
      "warning",
      "critical",
    ]);
  });

  test("that is passed together with lower ones is told alone [cost/C11]", () => {
    const world = new BudgetWorld([budgetOf()]);
    world.spend(25);
    world.run(5 * minute);
    expect(world.told()).toEqual(["info budget fleet 2026-11-26 100 %"]);
  });

  test("is not told again after kills at any moment, also where the last calls before were lost [cost/C11]", () => {
    const world = new BudgetWorld([budgetOf()]);
    for (let life = 0; life < 30; life++) {
      world.spend(0.2);
      world.run((1 + ((life * 7) % 50)) * 1_000);
      world.kill({ committed: life % 4, lostCalls: life % 5 === 0 ? 1 : 0 });
    }
    world.spend(2);
    world.run(5 * minute);
    world.spend(9);
    world.run(5 * minute);
    const told = world.told();
    expect(new Set(told).size).toBe(told.length);
    expect(told.at(-1)).toContain("100 %");
  });

  test("that was told is not told again where the sum of the next monitor is below it for a while [cost/C11]", () => {
    const world = new BudgetWorld([budgetOf()]);
    world.spend(4.9);
    world.spend(0.2);
    world.run(2 * minute);
    world.kill({ lostCalls: 1 });
    world.run(5 * minute);
    world.spend(0.2);
    world.run(5 * minute);
    expect(world.told()).toEqual(["info budget fleet 2026-11-26 50 %"]);
  });

  test("that was passed and not told before a kill is told by the next monitor [cost/C11]", () => {
    const world = new BudgetWorld([budgetOf()]);
    world.spend(6);
    world.run(2_000);
    world.kill({ committed: 0 });
    world.run(5 * minute);
    expect(world.told()).toEqual(["info budget fleet 2026-11-26 50 %"]);
  });

  test("is forgotten with its period without a word, and the next period tells its own [cost/C11]", () => {
    const world = new BudgetWorld([budgetOf()]);
    world.spend(12);
    world.run(12 * hour + 5 * minute);
    world.run(3 * hour);
    expect(world.told()).toEqual(["info budget fleet 2026-11-26 100 %"]);
    expect([...world.world.book.episodes]).toEqual([]);
    expect(world.world.disk.memory(world.world.wallMs).alerts).toEqual([]);
    world.spend(5);
    world.run(5 * minute);
    expect(world.told().slice(1)).toEqual(["info budget fleet 2026-11-27 50 %"]);
  });

  test("that was passed in the last second of a period is told in the next one, as that of its own period [cost/C11]", () => {
    const world = new BudgetWorld([budgetOf()], { startWallMs: Date.UTC(2026, 10, 26, 23, 57, 58) });
    world.spend(12);
    world.kill({ committed: 0 });
    world.run(5 * minute);
    expect(world.told()).toEqual(["info budget fleet 2026-11-26 100 %"]);
  });

  test("that a late call passes is told for the period of that call, hours later too [cost/C11]", () => {
    const world = new BudgetWorld([budgetOf()], { startWallMs: Date.UTC(2026, 10, 26, 20) });
    world.spend(6);
    world.run(10 * hour);
    world.spend(3, { tsMs: Date.UTC(2026, 10, 26, 21) });
    world.run(10 * minute);
    expect(world.told()).toEqual(["info budget fleet 2026-11-26 50 %", "info budget fleet 2026-11-26 80 %"]);
    world.run(2 * hour);
    expect([...world.world.book.episodes]).toEqual([]);
  });

  test("is told to a receiver that was away over the end of the period [cost/C11]", () => {
    const world = new BudgetWorld([budgetOf()], { startWallMs: Date.UTC(2026, 10, 26, 23) });
    world.world.reply = () => refused;
    world.spend(12);
    world.run(3 * hour);
    expect([...world.world.book.episodes].filter(({ rule }) => rule === "budget")).toEqual([]);
    world.world.reply = () => ok;
    world.run(hour);
    expect(world.told().filter((item) => item.includes("budget"))).toEqual([
      "was_down budget fleet 2026-11-26 100 %",
    ]);
  });

  test("is told anew where the operator raises the budget, and not where nothing changed", () => {
    const world = new BudgetWorld([budgetOf()]);
    world.spend(12);
    world.run(5 * minute);
    world.kill();
    world.run(5 * minute);
    world.budgets = [budgetOf({ usd: 20 })];
    world.kill();
    world.run(5 * minute);
    world.spend(5);
    world.run(5 * minute);
    expect(world.told()).toEqual([
      "info budget fleet 2026-11-26 100 %",
      "info budget fleet 2026-11-26 50 %",
      "changed budget fleet 2026-11-26 80 %",
    ]);
  });

  test("of a bot follows the receivers, silences and labels of that bot, as all else of it", () => {
    const kick = { ...anything, name: "kick", bots: ["kick/*"] };
    const gold = { ...anything, name: "gold", labels: { tier: "gold" } };
    const wordsOn = (channel: string) => ({
      note: `note on ${channel}`,
      runbook: null,
      labels: { tier: channel === "twitch/a" ? "gold" : "tin" },
      expectAlways: false,
    });
    const budgets = [budgetOf({ name: "bot", each: "channel", usd: 1 }), budgetOf({ usd: 100 })];
    const world = new BudgetWorld(budgets, { receivers: [ops, kick, gold], wordsOn });
    world.spend(1);
    world.spend(0.6, { channel: "kick/b" });
    world.run(5 * minute);
    expect(world.told("kick")).toEqual(["info budget bot 2026-11-26 kick/b 50 %"]);
    expect(world.told("gold")).toEqual(["info budget bot 2026-11-26 twitch/a 100 %"]);
    expect(world.told("ops")).toHaveLength(2);
    expect(world.world.items("gold")[0]?.note).toBe("note on twitch/a");
    world.world.book.silences.add(
      { channels: ["kick/*"], rules: null, untilMs: world.world.wallMs + hour, by: "ops", why: "test" },
      world.world.wallMs,
    );
    world.kill();
    world.spend(0.3, { channel: "kick/b" });
    world.run(10 * minute);
    expect(world.told("kick")).toHaveLength(1);
    world.run(hour);
    expect(world.told("kick").at(-1)).toBe("changed budget bot 2026-11-26 kick/b 80 %");
  });

  test("of a rule that is off is not told", () => {
    const rules = { budget: { ...unset, enabled: false } };
    const world = new BudgetWorld([budgetOf()], { rules });
    world.spend(12);
    world.run(5 * minute);
    expect(world.told()).toEqual([]);
  });

  test("is no reminder's matter, and keeps no Monday from being well", () => {
    const world = new BudgetWorld([budgetOf({ per: "week" })], {
      startWallMs: Date.UTC(2026, 10, 30, 8),
      reminderAt: "09:00",
    });
    world.spend(12);
    world.run(2 * hour);
    expect(world.world.notices("ops").map(({ kind }) => kind)).toEqual(["news", "all_well"]);
  });
});

test("a budget that was spent before the monitor's start is wrong since then, not since its period began [cost/C11]", () => {
  const world = new BudgetWorld([budgetOf({ per: "month", usd: 100 })]);
  world.spend(8.29);
  world.run(5 * minute);
  expect(world.told()).toEqual([]);
  world.budgets = [budgetOf({ per: "month", usd: 10 })];
  const killedMs = world.world.wallMs;
  world.kill();
  world.run(5 * minute);
  expect(world.told()).toEqual(["info budget fleet 2026-11 80 %"]);
  expect(world.world.items("ops")[0]?.sinceMs).toBeGreaterThan(killedMs);
});

describe("the forecast", () => {
  const month = budgetOf({ per: "month", usd: 100, forecast: true, steps: [100] });

  test("is told once in a period, over restarts, whatever it is later [cost/C11]", () => {
    const world = new BudgetWorld([month], { startWallMs: Date.UTC(2026, 10, 10, 12) });
    for (let daysAgo = 1; daysAgo <= 7; daysAgo++)
      world.spend(5, { tsMs: world.world.wallMs - daysAgo * 24 * hour });
    world.run(3 * minute);
    expect(world.told()).toEqual(["info forecast fleet 2026-11"]);
    const [item] = world.world.items("ops");
    expect(item?.sinceMs, "when it was foretold").toBeGreaterThanOrEqual(Date.UTC(2026, 10, 10, 12));
    expect(item?.cause).toMatch(
      /^\$137\.4\d expected of \$100\.00 in November 2026, \$35\.00 spent; cost of 100 % of tokens known$/,
    );
    world.kill();
    world.run(10 * minute);
    world.stored.length = 0;
    world.kill();
    world.run(10 * minute);
    world.spend(40);
    world.spend(20);
    world.run(10 * minute);
    expect(world.told()).toHaveLength(1);
  });

  test("is not told in the first fifth of a period [cost/C11]", () => {
    const world = new BudgetWorld([month], { startWallMs: Date.UTC(2026, 10, 6, 22) });
    for (let daysAgo = 1; daysAgo <= 7; daysAgo++)
      world.spend(9, { tsMs: world.world.wallMs - daysAgo * 24 * hour });
    world.run(hour);
    expect(world.told()).toEqual([]);
    world.run(2 * hour);
    expect(world.told()).toEqual(["info forecast fleet 2026-11"]);
  });
});

describe("what a notice says", () => {
  const text = (world: BudgetWorld) => {
    const [notice] = world.world.notices("ops");
    if (notice === undefined) throw new Error("there is no notice");
    const lines = noticeText(notice).blocks.flatMap(({ lines: all }) => all);
    return lines.map((line) => line.map((span) => (span.kind === "time" ? "TIME" : span.text)).join(""));
  };

  test("ends with the share of the tokens whose cost is known [cost/C12]", () => {
    const world = new BudgetWorld([budgetOf()]);
    world.spend(8.29);
    world.spend(null, { tokensIn: 5, tokensOut: 2 });
    world.run(3 * minute);
    const lines = text(world);
    expect(lines.at(-1)).toBe("$8.29 of $10.00 on 2026-11-26 (82 %); cost of 93 % of tokens known");
    expect(lines[0]).toMatch(/^BUDGET fleet 2026-11-26 since /);
  });

  test("says at least where less than 80 % of the tokens have a known cost [cost/C12]", () => {
    const world = new BudgetWorld([budgetOf()]);
    world.spend(8.29);
    world.spend(null, { tokensIn: 20, tokensOut: 6 });
    world.run(3 * minute);
    expect(text(world).at(-1)).toBe(
      "at least $8.29 of $10.00 on 2026-11-26 (at least 82 %); cost of 79 % of tokens known",
    );
  });

  test.each([
    [{ tokensIn: 20, tokensOut: 5 }, "$8.29 of $10.00 on 2026-11-26 (82 %); cost of 80 % of tokens known"],
    [{ tokensIn: 0, tokensOut: 1 }, "$8.29 of $10.00 on 2026-11-26 (82 %); cost of 99 % of tokens known"],
  ])("never says more than it knows: beside an unknown call of %j [cost/C12]", (unpriced, said) => {
    const world = new BudgetWorld([budgetOf()]);
    world.spend(8.29);
    world.spend(null, unpriced);
    world.run(3 * minute);
    expect(text(world).at(-1)).toBe(said);
  });

  test("says that no tokens were reported where only costs were told [cost/C12]", () => {
    const world = new BudgetWorld([budgetOf()]);
    world.spend(8, { tokensIn: 0, tokensOut: 0 });
    world.run(3 * minute);
    expect(text(world).at(-1)).toBe("$8.00 of $10.00 on 2026-11-26 (80 %); no tokens were reported");
    expect(factsText(world.world.items("ops")[0]?.facts ?? {})).toBe("");
  });
});

describe("an explanation", () => {
  test("says how a bot's own budget stands, and why a receiver was told or not", () => {
    const world = new BudgetWorld([budgetOf({ name: "bot", each: "channel", usd: 1 }), budgetOf()]);
    world.spend(0.6);
    world.run(3 * minute);
    const { book, judge, rules, mailroom } = world.world;
    const parts = {
      book,
      judge,
      rules,
      mailboxes: mailroom.mailboxes,
      quietUntilClockMs: 0,
      knowsBaseline: () => true,
    };
    const bot = explain("twitch/a", undefined, parts, world.world.now);
    expect(bot.rules).toMatchObject([
      {
        rule: "budget",
        state: "wrong",
        isOpen: true,
        text: "bot: $0.60 of $1.00 on 2026-11-26 (60 %); cost of 100 % of tokens known: 50 % is passed; the next step is 80 %",
      },
    ]);
    expect(bot.receivers).toMatchObject([{ receiver: "ops", rule: "budget", code: "told" }]);
    const fleet = explain("fleet", undefined, parts, world.world.now);
    expect(fleet.rules).toMatchObject([{ rule: "budget", state: "fine", isOpen: false }]);
  });
});
