import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decodeLine } from "../src/index.js";

const page = readFileSync(new URL("../../../docs/privacy.md", import.meta.url), "utf8");
const schema = JSON.parse(readFileSync(new URL("../schema.json", import.meta.url), "utf8"));

interface Shape {
  readonly properties: Readonly<Record<string, Record<string, unknown>>>;
}
const shapes = Object.values(schema.$defs as Readonly<Record<string, Shape>>).map(({ properties }) => ({
  type: String(properties["type"]?.["const"]),
  properties,
}));

/** The fields of each line, as the page lists them. */
const listed = new Map(
  [...page.matchAll(/^\| `(\w+)` \| (`type`.*) \|$/gm)].map(([, type = "", fields = ""]) => [
    type,
    [...fields.matchAll(/`(\w+)`/g)].map(([, field = ""]) => field),
  ]),
);

const text = "Write me a poem about my secret.";
const strays = {
  prompt: text,
  answer: text,
  messages: [{ role: "user", content: text }],
  input: text,
  user: text,
};
const least: Readonly<Record<string, object>> = {
  register: { pid: 7 },
  heartbeat: { pid: 7 },
  unregister: { pid: 7 },
  llm_usage: { model: "m", feature: "chat", tokens_in: 1, tokens_out: 1 },
  custom_metric: { metric_name: "n", value: 1 },
};

describe("docs/privacy.md", () => {
  test("lists each field of each line, and none that a line does not have [trial/D5]", () => {
    expect([...listed.keys()].sort()).toEqual(shapes.map(({ type }) => type).sort());
    for (const { type, properties } of shapes)
      expect([...(listed.get(type) ?? [])].sort(), type).toEqual(Object.keys(properties).sort());
  });

  test.each(shapes)("what else stands in a $type is not read [trial/D5]", ({ type }) => {
    const line = JSON.stringify({ type, channel: "my_bot", ...least[type], ...strays });
    const result = decodeLine(Buffer.from(line));
    if (!result.ok) throw new Error(`rejected: ${JSON.stringify(result)}`);
    const known = new Set(listed.get(type));
    expect(JSON.stringify(result.message)).not.toContain("secret");
    expect(
      Object.keys(result.message).filter((field) => !known.has(field) && !known.has(snake(field))),
    ).toEqual([]);
  });

  test("no text of a line may be longer than the page says [trial/D5]", () => {
    const [, most = ""] = /No text may be longer than (\d+) characters/.exec(page) ?? [];
    const lengths: number[] = [];
    const visit = (value: unknown): void => {
      if (typeof value !== "object" || value === null) return;
      const record = value as Record<string, unknown>;
      if (record["type"] === "string" && record["const"] === undefined) {
        expect(record["maxLength"], JSON.stringify(record)).toBeTypeOf("number");
        lengths.push(record["maxLength"] as number);
      }
      Object.values(record).forEach(visit);
    };
    visit(schema.$defs);
    expect(Math.max(...lengths)).toBe(Number(most));
  });
});

function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
