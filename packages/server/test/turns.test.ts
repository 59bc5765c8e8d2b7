import { expect, test } from "vitest";
import { EventLoopTurns, type Turns } from "../src/turns.js";

test("the event loop goes round between two turns, and they come in the order of asking", async () => {
  const turns = new EventLoopTurns();
  let rounds = 0;
  let running = true;
  const round = () => {
    rounds++;
    if (running) setImmediate(round);
  };
  setImmediate(round);
  const order: [number, number][] = [];
  const reader = async (name: number) => {
    for (let i = 0; i < 3; i++) {
      await turns.nextTurn();
      order.push([name, rounds]);
    }
  };
  await Promise.all([1, 2, 3].map(reader));
  running = false;
  expect(order.map(([name]) => name)).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3]);
  expect(new Set(order.map(([, at]) => at)).size).toBe(9);
});

test("a turn is over after two milliseconds", async () => {
  const isOver = await new EventLoopTurns().nextTurn();
  const startMs = performance.now();
  while (!isOver()) if (performance.now() - startMs > 1_000) throw new Error("never over");
  expect(performance.now() - startMs).toBeGreaterThan(0.5);
});

test("the monitor's own work never waits behind a crowd of callers, nor they behind it", async () => {
  const turns = new EventLoopTurns();
  const order: string[] = [];
  const take = async (name: string, from: Turns) => {
    await from.nextTurn();
    order.push(name);
  };
  const crowd = Array.from({ length: 1_000 }, () => take("caller", turns.ofCallers));
  const own = (async () => {
    for (let i = 0; i < 3; i++) await take("own", turns);
  })();
  await own;
  expect(order.length).toBeLessThan(8);
  expect(order.filter((name) => name === "own")).toHaveLength(3);
  await Promise.all(crowd);
  order.length = 0;
  const work = Array.from({ length: 10 }, () => take("own", turns));
  await take("caller", turns.ofCallers);
  expect(order.length).toBeLessThan(3);
  await Promise.all(work);
});
