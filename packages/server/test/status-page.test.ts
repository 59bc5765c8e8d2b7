import { readFileSync } from "node:fs";
import { botStatuses, causeCodes } from "@kissbot/store";
import { describe, expect, test } from "vitest";
import { statusWords } from "../src/cli/bot-filter.js";
import type { BotRow } from "../src/cli/bot-row.js";
import { conditionText } from "../src/cli/bots.js";
import { adviceOnProblem } from "../src/cli/doctor/problem-advice.js";
import type { EventRow } from "../src/cli/event-row.js";
import { changeText } from "../src/cli/event-text.js";
import * as causes from "../src/registry/cause.js";
import { bot } from "./cli/bot.js";

const page = readFileSync(new URL("../../../docs/status.md", import.meta.url), "utf8");

/** The cells of the table below a heading, row by row. */
function tableOf(heading: string): string[][] {
  const [, section = ""] =
    new RegExp(`^## ${heading}\\n([\\s\\S]*?)(?=^## |(?![\\s\\S]))`, "m").exec(page) ?? [];
  const rows = section.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| ---"));
  return rows.slice(1).map((row) => row.slice(2, -2).split(" | "));
}

/** What stands in backticks. */
function wordsIn(cell = ""): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word);
}

/** One sentence of each kind that a status can have as its reason, by the name that makes it. */
const sentences: Record<keyof typeof causes, readonly causes.Cause[]> = {
  registered: [causes.registered],
  registeredAgain: [causes.registeredAgain],
  firstHeartbeat: [causes.firstHeartbeat],
  beatsAgain: [causes.beatsAgain],
  saidGoodbye: [causes.saidGoodbye],
  asRecorded: [causes.asRecorded],
  inTrouble: [causes.inTrouble],
  troubleOver: [causes.troubleOver],
  inLastWords: [causes.inLastWords(causes.processGone(7), "exit 1: TokenInvalid at bot.js:12")],
  takenOverBy: [causes.takenOverBy(7)],
  restartedAs: [causes.restartedAs(7)],
  silentFor: [causes.silentFor(60_000)],
  processGone: [causes.processGone(7)],
  pidReused: [causes.pidReused(7)],
  silentAtStart: [causes.silentAtStart(600_000)],
  processGoneAtStart: [causes.processGoneAtStart(7)],
  forgottenFor: [
    causes.forgottenFor({ kind: "named", by: "kim" }),
    causes.forgottenFor({ kind: "age", forMs: 86_400_000 }),
  ],
  forgottenForRoom: [causes.forgottenForRoom],
  forgottenInPassing: [causes.forgottenInPassing],
};

describe("docs/status.md", () => {
  test("has each word that bots shows as a status, and no other [trial/D2]", () => {
    const rows: Record<string, Partial<BotRow>> = {
      crash_loop: { crash_loop: true },
      conflict: { conflict: { pid: 7, since: null } },
      trouble: { trouble: "gateway closed" },
    };
    const shown = statusWords
      .split(", ")
      .map((word) => conditionText(bot("twitch/main", rows[word] ?? { status: word as BotRow["status"] })));
    const named = tableOf("Status").flatMap(([cell]) => wordsIn(cell));
    expect(new Set(shown).size).toBe(8);
    expect(named.sort()).toEqual([...shown].sort());
  });

  test("has each code of a cause once, with the statuses that it leads to [trial/D2]", () => {
    const table = tableOf("Causes");
    expect(table.flatMap(([, code]) => wordsIn(code)).sort()).toEqual([...causeCodes].sort());
    for (const [, , status = "", meaning] of table) {
      const words = wordsIn(status);
      if (words.length === 0) expect(["any", "the same"]).toContain(status);
      for (const word of words) expect(botStatuses).toContain(word);
      expect(meaning).toMatch(/^[A-Z].*\.$/);
    }
  });

  test("has the sentence of each cause beside its code [trial/D2]", () => {
    const table = tableOf("Causes");
    expect(Object.keys(sentences).sort()).toEqual(Object.keys(causes).sort());
    for (const { code, text } of Object.values(sentences).flat()) {
      if (text.startsWith("exit ")) {
        expect(page).toContain(`\`${text}\``);
        continue;
      }
      const row = table.find(([, cell]) => wordsIn(cell).includes(code)) ?? [];
      const [pattern = ""] = wordsIn(row[0]);
      expect(text, `${code}: ${pattern}`).toMatch(new RegExp(`^${pattern.replaceAll("…", ".+")}$`));
    }
  });

  test("has each change that events shows [trial/D2]", () => {
    const named = tableOf("Events").flatMap(([cell]) => wordsIn(cell));
    const event = (from: EventRow["from_status"], to: EventRow["to_status"], more: Partial<EventRow> = {}) =>
      changeText({
        from_status: from,
        to_status: to,
        cause_code: "other",
        trouble: null,
        ...more,
      } as EventRow);
    const changes = [
      event(null, "online"),
      event("online", "online", { cause_code: "in_trouble", trouble: "deaf" }),
      event("online", "online", { cause_code: "trouble_over" }),
      event("dead", "dead", { cause_code: "forgotten" }),
      ...botStatuses.filter((from) => from !== "online").map((from) => event(from, "online")),
      ...botStatuses.filter((to) => to !== "online").map((to) => event("online", to)),
    ];
    expect(named).toEqual(expect.arrayContaining(changes));
  });

  test("has each problem that a monitor can name of itself [trial/D2]", () => {
    const source = readFileSync(new URL("../src/cli/doctor/problem-advice.ts", import.meta.url), "utf8");
    const known = [...source.matchAll(/^ {2}(\w+):/gm)].map(([, code = ""]) => code);
    const named = tableOf("A monitor that is degraded").flatMap(([cell]) => wordsIn(cell));
    expect(known.length).toBeGreaterThan(15);
    expect(named.sort()).toEqual(known.sort());
    for (const code of named) expect(adviceOnProblem(code)).not.toBe(adviceOnProblem("unknown"));
  });
});
