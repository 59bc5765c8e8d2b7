import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ReaderPool } from "../src/sqlite/thread/reader-pool.js";
import { FakeThread } from "./fake-thread.js";

vi.mock("node:worker_threads", async () => ({ Worker: (await import("./fake-thread.js")).FakeThread }));

const threads = FakeThread.all;
beforeEach(() => {
  threads.length = 0;
});
afterEach(() => {
  vi.useRealTimers();
});

const died = { code: "thread_failed", message: "a reader thread failed: no such file" };

test("a thread that dies before it is ready fails what waits, and no other is started for it [server/F1]", async () => {
  const pool = new ReaderPool({ path: "kb.db" });
  const questions = [pool.ask("fleet", null), pool.ask("fleet", null), pool.ask("fleet", null)];
  expect(threads).toHaveLength(1);
  threads[0]?.dies("no such file");
  for (const question of questions) await expect(question).rejects.toMatchObject(died);
  expect(threads).toHaveLength(1);
});

test("one that dies in the start fails nothing that is asked later: each question tries anew [server/F1]", async () => {
  const pool = new ReaderPool({ path: "kb.db" });
  const started = pool.start();
  threads[0]?.dies("no such file");
  await started;
  const failing = pool.ask("fleet", null);
  threads[1]?.dies("no such file");
  await expect(failing).rejects.toMatchObject(died);
  const answered = pool.ask("fleet", null);
  expect(threads).toHaveLength(3);
  threads[2]?.getsReady();
  threads[2]?.answers([]);
  expect(await answered).toEqual([]);
});

test("what waits beside a thread that is busy waits on where a second one cannot be started [server/F1]", async () => {
  const pool = new ReaderPool({ path: "kb.db" });
  const long = pool.ask("statusHistory", { limit: 1 } as never);
  threads[0]?.getsReady();
  const waiting = pool.ask("fleet", null);
  expect(threads).toHaveLength(2);
  threads[1]?.dies("no such file");
  expect(threads).toHaveLength(2);
  threads[0]?.answers(["long"]);
  expect(await long).toEqual(["long"]);
  expect(threads[0]?.asked).toEqual(["statusHistory", "fleet"]);
  threads[0]?.answers(["short"]);
  expect(await waiting).toEqual(["short"]);

  // Where the busy one dies, too, the question starts one more thread, and then fails.
  const last = [pool.ask("fleet", null), pool.ask("fleet", null)];
  threads[2]?.dies("no such file");
  threads[0]?.dies("no such file");
  expect(threads).toHaveLength(4);
  threads[3]?.dies("no such file");
  for (const question of last) await expect(question).rejects.toMatchObject(died);
  expect(threads).toHaveLength(4);
});

test("of two threads the one that was not needed for a minute ends, and the last one stays", async () => {
  vi.useFakeTimers();
  const pool = new ReaderPool({ path: "kb.db" });
  const long = pool.ask("statusHistory", { limit: 1 } as never);
  threads[0]?.getsReady();
  const short = pool.ask("fleet", null);
  threads[1]?.getsReady();
  threads[1]?.answers(["short"]);
  expect(await short).toEqual(["short"]);
  vi.advanceTimersByTime(59_000);
  expect(threads[1]?.asked).toEqual(["fleet"]);
  // Within the minute it is needed again.
  const again = pool.ask("fleet", null);
  threads[1]?.answers(["again"]);
  expect(await again).toEqual(["again"]);
  vi.advanceTimersByTime(59_000);
  threads[0]?.answers(["long"]);
  expect(await long).toEqual(["long"]);
  vi.advanceTimersByTime(1_000);
  expect(threads[1]?.asked).toEqual(["fleet", "fleet", "close"]);

  // What is asked while it ends goes to the other, or starts another once it has ended.
  const asked = [pool.ask("fleet", null), pool.ask("fleet", null)];
  expect(threads[0]?.asked).toEqual(["statusHistory", "fleet"]);
  expect(threads).toHaveLength(2);
  threads[1]?.emit("exit", 0);
  expect(threads).toHaveLength(3);
  threads[2]?.getsReady();
  threads[2]?.answers(["of the third"]);
  threads[0]?.answers(["of the first"]);
  expect(await Promise.all(asked)).toEqual([["of the first"], ["of the third"]]);

  // Both were needed last in the same moment: one of them goes.
  vi.advanceTimersByTime(600_000);
  expect(threads.filter(({ asked: messages }) => messages.includes("close"))).toHaveLength(2);
});
