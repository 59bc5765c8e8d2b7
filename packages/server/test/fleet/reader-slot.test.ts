import { expect, test } from "vitest";
import { ReaderSlot } from "../../src/fleet/reader-slot.js";

class Reader {
  closed = 0;
  close(): void {
    this.closed++;
  }
}

test("a reader is opened once, and closed with the slot, also while it is opened", async () => {
  const readers: Reader[] = [];
  const slot = new ReaderSlot(async () => {
    const reader = new Reader();
    readers.push(reader);
    return reader;
  });
  expect(await slot.open()).toBe(await slot.open());
  slot.close();
  const late = slot.open();
  slot.close();
  await late;
  await Promise.resolve();
  expect(readers.map(({ closed }) => closed)).toEqual([1, 1]);
});

test("one that failed is opened anew; one that fails late takes no newer one away", async () => {
  const reader = new Reader();
  let fail: (error: Error) => void = () => undefined;
  const openings: (() => Promise<Reader>)[] = [
    () => Promise.reject(new Error("no connection")),
    () => new Promise<Reader>((_, reject) => (fail = reject)),
    async () => reader,
  ];
  const slot = new ReaderSlot(() => (openings.shift() as () => Promise<Reader>)());
  await expect(slot.open()).rejects.toThrow("no connection");
  const failing = expect(slot.open()).rejects.toThrow("too late");
  slot.close();
  await slot.open();
  fail(new Error("too late"));
  await failing;
  expect(await slot.open()).toBe(reader);
  slot.close();
  await Promise.resolve();
  expect(reader.closed).toBe(1);
});
