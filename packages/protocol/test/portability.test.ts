import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const dist = fileURLToPath(new URL("../dist/index.js", import.meta.url));

/**
 * Decodes a stream with good, bad, cut and non-ASCII lines in chunks of 1, 7 and 1000 bytes, and
 * prints what came out.
 */
const program = `
  const { encode, LineDecoder } = await import(${JSON.stringify(dist)});
  const bytes = new Uint8Array([
    ...new TextEncoder().encode(encode({ type: "heartbeat", channel: "l\\u00f6unge \\u{1F916}", pid: 7 })),
    0x22, 0xff, 0x22, 0x0a,
    ...new TextEncoder().encode('{"type":"heartbeat","channel":"\\ufffd","pid":8}\\n{"type":"x"}\\n{"type":'),
  ]);
  for (const size of [1, 7, 1000]) {
    const decoder = new LineDecoder();
    const results = [];
    for (let i = 0; i < bytes.length; i += size) decoder.push(bytes.subarray(i, i + size), (r) => results.push(r));
    decoder.end((r) => results.push(r));
    console.log(JSON.stringify(results));
  }
`;

const expected = JSON.stringify([
  { ok: true, message: { type: "heartbeat", channel: "l\u00f6unge \u{1F916}", pid: 7 } },
  { ok: false, reason: "invalid_utf8" },
  { ok: true, message: { type: "heartbeat", channel: "\ufffd", pid: 8 } },
  { ok: false, reason: "unknown_type" },
  { ok: false, reason: "truncated" },
]);

test.each([
  ["with Node's Buffer", ""],
  ["without Buffer, as in a browser", "delete globalThis.Buffer;"],
])("the built package decodes %s and without eval", (_, before) => {
  const args = ["--disallow-code-generation-from-strings", "--input-type=module", "--eval", before + program];
  const printed = execFileSync(process.execPath, args, { encoding: "utf8" });
  expect(printed.trim().split("\n")).toEqual([expected, expected, expected]);
});
