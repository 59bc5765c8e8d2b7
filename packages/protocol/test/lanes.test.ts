import { expect, test } from "vitest";
import { inLanes, type Task } from "../conformance/suite/lanes.js";

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Tasks that note when they begin and end, each for that many turns of the event loop. */
function noted(specs: readonly (readonly [name: string, turns: number, isHeavy?: boolean])[]) {
  const running = new Set<string>();
  const begun: string[] = [];
  const together: string[][] = [];
  const tasks: Task[] = specs.map(([name, turns, isHeavy = false]) => ({
    isHeavy,
    async run() {
      running.add(name);
      begun.push(name);
      together.push([...running]);
      for (let i = 0; i < turns; i++) await turn();
      running.delete(name);
    },
  }));
  return { tasks, begun, together };
}

test("as many scenarios as there are lanes are played at a time, and each once [conformance/R3]", async () => {
  const names = Array.from({ length: 9 }, (_, i) => [`s${i}`, 1 + (i % 4)] as const);
  const { tasks, begun, together } = noted(names);
  await inLanes(tasks, 3, () => undefined);
  expect(begun).toEqual(names.map(([name]) => name));
  expect(Math.max(...together.map(({ length }) => length))).toBe(3);
  const alone = noted(names);
  await inLanes(alone.tasks, 1, () => undefined);
  expect(alone.together.every(({ length }) => length === 1)).toBe(true);
});

test("no two scenarios that keep a core busy are played at a time [conformance/R3]", async () => {
  const { tasks, begun, together } = noted([
    ["heavy-1", 5, true],
    ["heavy-2", 2, true],
    ["light-1", 1],
    ["heavy-3", 2, true],
    ["light-2", 1],
  ]);
  await inLanes(tasks, 3, () => undefined);
  expect(begun.filter((name) => name.startsWith("heavy"))).toEqual(["heavy-1", "heavy-2", "heavy-3"]);
  expect(begun.slice(0, 3)).toEqual(["heavy-1", "light-1", "light-2"]);
  for (const names of together)
    expect(names.filter((name) => name.startsWith("heavy")).length).toBeLessThanOrEqual(1);
});

test("the first fault stops what goes on, and no further scenario begins [conformance/R8]", async () => {
  const { tasks, begun } = noted([
    ["before", 30],
    ["never", 1],
  ]);
  const fault = new Error("the driver printed rubbish");
  const broken: Task = {
    isHeavy: false,
    async run() {
      await turn();
      throw fault;
    },
  };
  const heard: unknown[] = [];
  const [before, never] = tasks as [Task, Task];
  let hasEnded = false;
  const first: Task = {
    isHeavy: false,
    run: async () => {
      await before.run();
      hasEnded = true;
    },
  };
  await expect(inLanes([first, broken, never], 2, (one) => heard.push(one))).rejects.toBe(fault);
  expect(heard).toEqual([fault]);
  expect(begun).toEqual(["before"]);
  expect(hasEnded).toBe(true);
});
