import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type StreamEvent, StreamReader } from "../../page/link/stream-reader.js";

const encoder = new TextEncoder();

function readAll(pieces: readonly Uint8Array[]): StreamEvent[] {
  const events: StreamEvent[] = [];
  const reader = new StreamReader((event) => events.push(event));
  for (const piece of pieces) reader.push(piece);
  return events;
}

const read = (text: string) => readAll([encoder.encode(text)]);

/** A stream of events as a server may write it, with what a reader must find in it. */
const ending = fc.constantFrom("\n", "\r", "\r\n");
const words = fc.string({ unit: "binary", maxLength: 20 }).map((text) => text.replace(/[\r\n\0]/g, " "));
const parts = fc.oneof(
  fc.record({ kind: fc.constant("comment" as const), text: words, ending }),
  fc.record({ kind: fc.constant("retry" as const), text: fc.constant("1000"), ending }),
  fc.record({
    kind: fc.constant("event" as const),
    name: fc.constantFrom("", "bots", "snapshot", "of another version"),
    lines: fc.array(words, { minLength: 1, maxLength: 3 }),
    ending,
  }),
);
// A lone surrogate is no UTF-8: what arrives is the replacement character.
const wellFormed = (text: string) => new TextDecoder().decode(encoder.encode(text));

describe("the stream reader", () => {
  test("finds the same events however the bytes are split [page/R18]", () => {
    const stream = fc.array(parts, { maxLength: 8 });
    fc.assert(
      fc.property(stream, fc.array(fc.nat({ max: 1_000 })), (list, cuts) => {
        let text = "";
        const expected: StreamEvent[] = [];
        for (const part of list) {
          const { ending: end } = part;
          if (part.kind === "comment") text += `: ${part.text}${end}${end}`;
          else if (part.kind === "retry") text += `retry: ${part.text}${end}${end}`;
          else {
            if (part.name !== "") text += `event: ${part.name}${end}`;
            for (const line of part.lines) text += `data: ${line}${end}`;
            text += end;
            expected.push({ name: part.name || "message", data: part.lines.map(wellFormed).join("\n") });
          }
        }
        const bytes = encoder.encode(text);
        const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort(
          (a, b) => a - b,
        );
        const pieces = places.slice(1).map((to, i) => bytes.subarray(places[i], to));
        expect(readAll(pieces)).toEqual(expected);
        expect(readAll([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  test("keeps an event together whose last line ends where a piece does [page/R18]", () => {
    expect(readAll(["data: a\r", "\n\r", "\ndata: b\r", "\r"].map((text) => encoder.encode(text)))).toEqual([
      { name: "message", data: "a" },
      { name: "message", data: "b" },
    ]);
  });

  test("takes a field without a colon, drops one blank, and ignores what it does not know [page/R18]", () => {
    expect(read("data\n\n")).toEqual([{ name: "message", data: "" }]);
    expect(read("data:  two\nid: 7\nwhatever: x\n\n")).toEqual([{ name: "message", data: " two" }]);
    expect(read("event: lonely\n\ndata: next\n\n")).toEqual([{ name: "message", data: "next" }]);
  });

  test("makes no event of what stands at the end of a cut stream [page/R18]", () => {
    expect(read("data: whole\n\ndata: half")).toEqual([{ name: "message", data: "whole" }]);
    expect(read("data: no empty line\n")).toEqual([]);
  });

  test.each([
    ["one line without an end", () => "data: ".padEnd(200, "x")],
    ["lines without an empty one", () => "data: 12345678\n".repeat(20)],
  ])("refuses %s past its bound, in however many pieces [page/R18]", (_, text) => {
    const reader = new StreamReader(() => undefined, 100);
    expect(() => {
      for (const byte of encoder.encode(text())) reader.push(Uint8Array.of(byte));
    }).toThrow(RangeError);
  });
});
