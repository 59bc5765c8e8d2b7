import { expect, test } from "vitest";
import { TaskQueue } from "../../src/sampling/task-queue.js";

test("one after the other, in order, also after a failure", async () => {
  const queue = new TaskQueue();
  const order: string[] = [];
  const task = (name: string, fails = false) =>
    queue.run(async () => {
      order.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    });
  const all = await Promise.allSettled([task("a"), task("b", true), task("c")]);
  expect(order).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
  expect(all.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
});
