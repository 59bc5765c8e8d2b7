import { expect, test } from "vitest";
import { atTickEnd } from "../src/tick-end.js";

test("runs each when the code that runs now has returned, in order", async () => {
  const run: string[] = [];
  for (const name of ["a", "b", "c"]) atTickEnd(() => void run.push(name));
  expect(run).toEqual([]);
  await new Promise(setImmediate);
  expect(run).toEqual(["a", "b", "c"]);
});

test("who waits for one goes on before the last has run, so that no client waits for all others", async () => {
  const course: string[] = [];
  for (let i = 0; i < 100; i++) {
    const told = new Promise<void>((resolve) => {
      atTickEnd(() => {
        course.push(`run ${i}`);
        resolve();
      });
    });
    void told.then(() => course.push(`told ${i}`));
  }
  await new Promise(setImmediate);
  expect(course).toHaveLength(200);
  for (let i = 0; i < 97; i++) {
    expect(course.indexOf(`told ${i}`)).toBeGreaterThan(course.indexOf(`run ${i}`));
    expect(course.indexOf(`told ${i}`)).toBeLessThan(course.indexOf(`run ${i + 3}`));
  }
});

test("what comes while others run is run, too", async () => {
  const run: string[] = [];
  const again = (depth: number) => {
    run.push(`depth ${depth}`);
    if (depth < 3) atTickEnd(() => again(depth + 1));
  };
  atTickEnd(() => again(0));
  atTickEnd(() => void run.push("beside"));
  await new Promise(setImmediate);
  expect(run).toEqual(["depth 0", "beside", "depth 1", "depth 2", "depth 3"]);
  atTickEnd(() => void run.push("later"));
  await new Promise(setImmediate);
  expect(run.at(-1)).toBe("later");
});
