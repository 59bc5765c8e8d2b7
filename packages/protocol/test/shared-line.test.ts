import { expect, test, vi } from "vitest";
import { messageOfClientLine } from "../src/client-line.js";
import { LineDecoder } from "../src/index.js";

/** What another thread does to shared bytes between two looks at them. */
let interfere: (bytes: Uint8Array) => void = () => undefined;

vi.mock(import("../src/utf8.js"), async (load) => {
  const module = await load();
  return {
    ...module,
    latin1FromBytes: (bytes, from, to) => {
      interfere(bytes);
      return module.latin1FromBytes(bytes, from, to);
    },
  };
});

function shared(text: string): Uint8Array {
  const bytes = new Uint8Array(new SharedArrayBuffer(text.length));
  bytes.set(new TextEncoder().encode(text));
  return bytes;
}

test("a number that another thread changes while it is read is no number that a message may not have", () => {
  const read = (value: string, changed: string) => {
    const line = (number: string) =>
      `{"type":"custom_metric","channel":"a","metric_name":"m","value":${number}}\n`;
    const bytes = shared(line(value));
    interfere = (target) => target.set(new TextEncoder().encode(line(changed)));
    return messageOfClientLine(bytes, 0);
  };
  expect(read("12345678901.1234567890", "1e345678901.1234567890")).toBeUndefined();
  expect(read("1.12345678901234567890", "1e12345678901234567890")).toBeUndefined();
  expect(read("0.00000000000000000000", "-0.0000000000000000000")).toMatchObject({ value: 0 });
});

test("several lines in shared bytes are read from a copy: none is lost, whatever becomes of the bytes", () => {
  const line = '{"type":"heartbeat","channel":"a","pid":1}\n';
  const bytes = shared(`${line}${line.replace('"a"', '"b"')}`);
  const seen: unknown[] = [];
  interfere = () => undefined;
  new LineDecoder().push(bytes, (result) => {
    bytes.fill(0x20);
    seen.push(result);
  });
  expect(seen).toMatchObject([{ message: { channel: "a" } }, { message: { channel: "b" } }]);
});
