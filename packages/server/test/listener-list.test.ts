import { expect, test } from "vitest";
import { ListenerList } from "../src/listener-list.js";

interface Line {
  readonly listener: string;
  readonly failures: number;
  readonly err: Error;
  readonly message: string;
}

/** A list of which the named listeners throw, with what each heard and what was logged. */
function listOf(...faulty: readonly string[]) {
  const heard: string[] = [];
  const lines: Line[] = [];
  const time = { nowMs: 0 };
  const listeners = ["store", "feed", "log"].map((listenerName) => ({
    listenerName,
    hear: (event: number) => {
      if (faulty.includes(listenerName)) throw new Error(`${listenerName} has a fault`);
      heard.push(`${listenerName} ${event}`);
    },
  }));
  const list = new ListenerList(listeners, {
    event: "a number",
    clock: { monotonicMs: () => time.nowMs },
    logger: {
      error: (fields: unknown, message?: string) =>
        lines.push({ ...(fields as Omit<Line, "message">), message: message ?? "" }),
    },
  });
  return { list, heard, lines, time };
}

test("every listener hears each event, in the order of the list", () => {
  const { list, heard, lines } = listOf();
  list.notify(1);
  list.notify(2);
  expect(heard).toEqual(["store 1", "feed 1", "log 1", "store 2", "feed 2", "log 2"]);
  expect(lines).toEqual([]);
});

test.each(["store", "feed", "log"])(
  "a listener that throws (%s) keeps the event from nobody else",
  (name) => {
    const { list, heard, lines } = listOf(name);
    expect(() => list.notify(1)).not.toThrow();
    expect(heard).toEqual(["store 1", "feed 1", "log 1"].filter((line) => !line.startsWith(name)));
    expect(lines).toMatchObject([
      { listener: name, failures: 1, message: "a listener failed to handle a number" },
    ]);
    expect(lines[0]?.err.message).toBe(`${name} has a fault`);
  },
);

test("a listener that throws each time is logged once a minute, with the number of its failures", () => {
  const { list, lines, time } = listOf("feed");
  for (; time.nowMs < 180_000; time.nowMs += 1_000) list.notify(1);
  expect(lines.map(({ failures }) => failures)).toEqual([1, 60, 60]);
});

test("two faulty listeners are logged each by its own name", () => {
  const { list, lines } = listOf("feed", "log");
  list.notify(1);
  expect(lines.map(({ listener }) => listener)).toEqual(["feed", "log"]);
});
