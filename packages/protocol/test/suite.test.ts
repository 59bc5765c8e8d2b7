import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { createShippedFiles } from "../cases/shipped.js";
import type { ConductCase } from "../cases/timeline.js";
import type { Tagged } from "../cases/value.js";
import type { WireCase } from "../cases/wire/timeline.js";
import {
  type DecodeFixture,
  type EncodeFixture,
  type Fixture,
  fixturePath,
  manifest,
  readCases,
  readFixture,
  untagged,
} from "./fixture.js";

const decode = readCases<DecodeFixture>("decode");
const encode = readCases<EncodeFixture>("encode");
const conduct = readCases<ConductCase & Fixture>("conduct");
const wire = readCases<WireCase & Fixture>("wire");
const all = [...decode, ...encode, ...conduct, ...wire];

test("the fixtures that are checked in are what `pnpm generate` writes", () => {
  const shipped = createShippedFiles();
  for (const [path, text] of shipped) expect(readFixture(path) === text, path).toBe(true);
  const present = readdirSync(fixturePath("."), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .sort();
  expect(present).toEqual(
    ["README.md", ...[...shipped.keys()].map((path) => path.replace(/^.*\//, ""))].sort(),
  );
});

test("the manifest tells the digest and the number of cases of each file", () => {
  for (const { path, cases, sha256 } of manifest.files) {
    const text = readFileSync(fixturePath(path));
    expect(createHash("sha256").update(text).digest("hex"), path).toBe(sha256);
    expect(text.filter((byte) => byte === 0x0a).length, path).toBe(cases);
  }
});

test("a case file is printable ASCII", () => {
  for (const { path } of manifest.files) expect(readFixture(path)).toMatch(/^[\x20-\x7e\n]+$/);
});

test("each case is valid by the schema of its kind, and the schema refuses what is none", () => {
  const ajv = new Ajv2020({ allowUnionTypes: true }).addSchema(
    JSON.parse(readFixture("case.schema.json")),
    "case",
  );
  for (const kind of new Set(manifest.files.map((file) => file.kind))) {
    const validate = ajv.compile({ $ref: `case#/$defs/${kind}` });
    const isCase = (value: unknown): boolean => validate(value);
    const failures = readCases(kind)
      .filter((one) => !isCase(one))
      .map(({ id }) => id);
    expect(failures).toEqual([]);
    const [first] = readCases(kind);
    expect(isCase({ ...first, spec: ["X-1"] })).toBe(false);
    expect(isCase({ ...first, level: "can" })).toBe(false);
    expect(isCase({ ...first, titel: "a field that is none" })).toBe(false);
    expect(isCase({ ...first, events: "none", message: undefined })).toBe(false);
  }
});

test("each message that a case expects is valid by schema.json", () => {
  const schema = JSON.parse(readFileSync(new URL("../schema.json", import.meta.url), "utf8"));
  const validate = new Ajv2020({ allowUnionTypes: true, strictTypes: false }).compile(schema);
  const expected = decode.flatMap(({ id, events }) =>
    events.flatMap((event) =>
      "message" in event ? [{ id, message: untagged(event.message as Tagged) }] : [],
    ),
  );
  expect(expected.length).toBeGreaterThan(400);
  expect(expected.filter(({ message }) => !validate(message)).map(({ id }) => id)).toEqual([]);
});

test("ids are unique, and begin with the name of their file", () => {
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  for (const { path, kind } of manifest.files) {
    expect(path).toContain(`${kind}/`);
    const prefix = path.replace(/^.*\//, "").replace(".jsonl", "/");
    const ids = readFixture(path).match(/"id":"[^"]*"/g) ?? [];
    expect(ids.filter((id) => !id.startsWith(`"id":"${prefix}`)).length, path).toBe(0);
  }
});

test("an invalid case is named after its fault", () => {
  const faults = decode.flatMap(({ id, events }) => events.map((event) => ({ id, event })));
  const badField = faults.filter(
    ({ id, event }) =>
      "field" in event && /^(register|heartbeat|unregister|llm-usage|custom-metric)\//.test(id),
  );
  expect(badField.length).toBeGreaterThan(200);
  expect(badField.filter(({ id }) => !/-(bad-|missing$)/.test(id))).toEqual([]);
  const reasonOf = (event: (typeof faults)[number]["event"]) => ("rejected" in event ? event.rejected : "");
  const tooLong = faults.filter(
    ({ id, event }) => reasonOf(event) === "line_too_long" && id.startsWith("line-limit/"),
  );
  expect(tooLong.length).toBeGreaterThan(15);
  expect(tooLong.filter(({ id }) => !id.endsWith("too-long"))).toEqual([]);
});

test("a case about a field of a later minor version says since which, and no other does", () => {
  const later: Record<string, string> = { tokens_cache_write: "1.1", error: "1.1", trouble: "1.1" };
  for (const one of [...decode, ...encode]) {
    const text = "message" in one ? JSON.stringify(one.message) : textOf(one);
    const [, since] = Object.entries(later).find(([field]) => text.includes(`"${field}"`)) ?? [];
    if (!one.spec.some((rule) => rule.startsWith("V-"))) expect(one.since, one.id).toBe(since ?? "1.0");
  }
});

test("there are at least 250 decode cases and 50 encode cases", () => {
  expect(decode.length).toBeGreaterThanOrEqual(250);
  expect(encode.length).toBeGreaterThanOrEqual(50);
});

describe("rules of docs/protocol.md", () => {
  const page = readFileSync(new URL("../../../docs/protocol.md", import.meta.url), "utf8");
  const rules = [...page.matchAll(/^- \*\*\[([A-Z]-[0-9]+)\]\*\*/gm)].map((match) => match[1] as string);
  const named = new Set(all.flatMap(({ spec }) => spec));

  test("are numbered once each", () => {
    expect(rules.length).toBeGreaterThan(50);
    expect(new Set(rules).size).toBe(rules.length);
  });

  test("are each named by a case", () => {
    expect(rules.filter((rule) => !named.has(rule))).toEqual([]);
  });

  test("are all that a case names", () => {
    expect([...named].filter((rule) => !rules.includes(rule))).toEqual([]);
  });
});

/** The bytes of a case, a repeated part once. */
function textOf({ chunks }: DecodeFixture): string {
  const parts = chunks.flat().map((part) => (typeof part === "string" ? part : part.repeat));
  return parts.map((part) => Buffer.from(part, "base64").toString("latin1")).join("");
}
