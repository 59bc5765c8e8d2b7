import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import fc from "fast-check";
import { expect, test } from "vitest";
import { noticeJson } from "../../src/notices/notice-json.js";
import { sampleKinds, sampleNotice } from "../../src/notices/sample-notice.js";
import { noticeSchema } from "./notice-schema.js";
import { hostileNotice, item, madeMs, notice } from "./sample.js";

const validate = new Ajv({ strict: true, allowUnionTypes: true, validateFormats: false }).compile(
  noticeSchema(),
);

const share = fileURLToPath(new URL("../../share/notice.schema.json", import.meta.url));

// Another one is written by `vitest run packages/server/test/notices/notice-json.test.ts -u`.
test("share/notice.schema.json is the schema of a notice", async () => {
  expect(existsSync(share) || process.env["CI"] === undefined).toBe(true);
  await expect(`${JSON.stringify(noticeSchema(), null, 2)}\n`).toMatchFileSnapshot(share);
});

test("each notice for a program is as the schema says", () => {
  const about = {
    receiver: "ops",
    nowMs: madeMs,
    monitor: "m",
    pageUrl: "https://m.example",
    timezone: "UTC",
  };
  const samples = [null, ...sampleKinds].map((as) => sampleNotice({ as, ...about }));
  for (const of of [...samples, notice([], { kind: "first" }), notice([], { kind: "all_well" })]) {
    expect([validate(JSON.parse(noticeJson(of))), validate.errors]).toEqual([true, null]);
  }
  fc.assert(
    fc.property(hostileNotice, (of) => {
      expect([validate(JSON.parse(noticeJson(of))), validate.errors]).toEqual([true, null]);
    }),
    { numRuns: 100 },
  );
  expect(validate({ ...JSON.parse(noticeJson(notice([]))), extra: 1 })).toBe(false);
});

test("of ten thousand items as many are told as go into 256 KiB, the others are counted, and few are written more than once", () => {
  const written: number[] = [];
  const items = Array.from({ length: 10_000 }, (_, i) =>
    item({
      alertId: `a-${i}`,
      subject: `twitch/ü-${i}`,
      facts: {
        pid: i,
        get status() {
          written.push(i);
          return "dead";
        },
      },
    }),
  );
  const json = noticeJson(notice(items));
  const { items: told, items_left_out: leftOut } = JSON.parse(json);
  expect(told.length + leftOut).toBe(10_000);
  expect(leftOut).toBeGreaterThan(0);
  const bytes = Buffer.byteLength(json);
  expect(bytes).toBeLessThanOrEqual(262_144);
  // One more would have been too many.
  expect(bytes + Buffer.byteLength(JSON.stringify(told.at(-1))) + 2).toBeGreaterThan(262_144);
  expect(written.length).toBeLessThanOrEqual(2 * told.length + 1);
});
