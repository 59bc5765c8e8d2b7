import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ReaderPool } from "../src/sqlite/thread/reader-pool.js";
import { FakeThread } from "./fake-thread.js";

vi.mock("node:worker_threads", async () => ({ Worker: (await import("./fake-thread.js")).FakeThread }));

const threads = FakeThread.all;
beforeEach(() => {
  threads.length = 0;
});
afterEach(() => {
  FakeThread.refusal = null;
  vi.useRealTimers();
});

/** A pool whose second thread has just been needed; both are idle. */
async function withTwoThreads(): Promise<ReaderPool> {
  const pool = new ReaderPool({ path: "kb.db" });
  const asked = [pool.ask("fleet", null), pool.ask("fleet", null)];
  threads[0]?.getsReady();
  vi.advanceTimersByTime(101);
  threads[1]?.getsReady();
  for (const thread of threads) thread.answers([]);
  await Promise.all(asked);
  return pool;
}

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
  vi.useFakeTimers();
  const pool = new ReaderPool({ path: "kb.db" });
  const long = pool.ask("statusHistory", { limit: 1 } as never);
  threads[0]?.getsReady();
  const waiting = pool.ask("fleet", null);
  vi.advanceTimersByTime(101);
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
  vi.advanceTimersByTime(101);
  expect(threads).toHaveLength(3);
  threads[2]?.dies("no such file");
  threads[0]?.dies("no such file");
  expect(threads).toHaveLength(4);
  threads[3]?.dies("no such file");
  for (const question of last) await expect(question).rejects.toMatchObject(died);
  expect(threads).toHaveLength(4);
});

test("a second thread starts when a question has waited a tenth of a second, and not before", async () => {
  vi.useFakeTimers();
  const pool = new ReaderPool({ path: "kb.db" });
  const asked = [pool.ask("fleet", null), pool.ask("fleet", null), pool.ask("fleet", null)];
  threads[0]?.getsReady();
  // Each takes less than that, and no question waits for so long.
  for (let i = 0; i < 2; i++) {
    vi.advanceTimersByTime(49);
    threads[0]?.answers([i]);
  }
  expect(threads).toHaveLength(1);
  vi.advanceTimersByTime(60);
  asked.push(pool.ask("fleet", null));
  vi.advanceTimersByTime(99);
  expect(threads).toHaveLength(1);
  // And an immediate, which the fake clock counts as a millisecond.
  vi.advanceTimersByTime(2);
  expect(threads).toHaveLength(2);
  threads[1]?.getsReady();
  threads[1]?.answers(["beside"]);
  threads[0]?.answers([2]);
  expect(await Promise.all(asked)).toEqual([[0], [1], [2], ["beside"]]);
});

test("the second thread ends when no question has needed it for a minute, and the first stays", async () => {
  vi.useFakeTimers();
  const pool = await withTwoThreads();
  const answers: Promise<unknown>[] = [];
  /** A question for each, of which the first's takes a little while. */
  const askBoth = () => {
    answers.push(pool.ask("statusHistory", { limit: 1 } as never), pool.ask("fleet", null));
    vi.advanceTimersByTime(20);
    threads[0]?.answers(["long"]);
  };
  // Within the minute it is needed again, for minutes.
  vi.advanceTimersByTime(59_000);
  answers.push(pool.ask("statusHistory", { limit: 1 } as never), pool.ask("fleet", null));
  threads[1]?.answers(["again"]);
  vi.advanceTimersByTime(600_000);
  threads[0]?.answers(["long"]);
  // From then on it is used, but nothing would have waited for long without it.
  for (let i = 0; i < 59; i++) {
    askBoth();
    threads[1]?.answers(["used"]);
    vi.advanceTimersByTime(979);
  }
  expect(threads[1]?.asked).not.toContain("close");
  askBoth();
  // It ends no question that is under way.
  vi.advanceTimersByTime(2_000);
  expect(threads[1]?.asked).not.toContain("close");
  threads[1]?.answers(["used"]);
  expect(threads[1]?.asked.at(-1)).toBe("close");
  await Promise.all(answers);

  // What is asked while it ends goes to the other, or starts another once it has ended.
  const asked = [pool.ask("fleet", null), pool.ask("fleet", null)];
  vi.advanceTimersByTime(100);
  expect(threads).toHaveLength(2);
  threads[1]?.emit("exit", 0);
  vi.advanceTimersByTime(2);
  expect(threads).toHaveLength(3);
  threads[2]?.getsReady();
  threads[2]?.answers(["of the third"]);
  threads[0]?.answers(["of the first"]);
  expect(await Promise.all(asked)).toEqual([["of the first"], ["of the third"]]);

  // Nothing is asked any more.
  vi.advanceTimersByTime(600_000);
  expect(threads[2]?.asked).toEqual(["fleet", "close"]);
  expect(threads[0]?.asked).not.toContain("close");
});

test("the second thread stays while questions wait long even with two", async () => {
  vi.useFakeTimers();
  const pool = await withTwoThreads();
  const answers: Promise<unknown>[] = [];
  const ask = () => answers.push(pool.ask("fleet", null));
  // Five at once, 60 ms each: none runs for long, but the fifth waits for two others.
  for (let i = 0; i < 20; i++) {
    for (let n = 0; n < 5; n++) ask();
    for (let n = 0; n < 3; n++) {
      vi.advanceTimersByTime(60);
      threads[0]?.answers([]);
      if (n < 2) threads[1]?.answers([]);
    }
    vi.advanceTimersByTime(9_820);
  }
  expect(threads).toHaveLength(2);
  expect(threads[1]?.asked).not.toContain("close");
  await Promise.all(answers);
});

test("if the system refuses a second thread, the first one answers; if it refuses any, the question fails [server/F1]", async () => {
  vi.useFakeTimers();
  const pool = new ReaderPool({ path: "kb.db" });
  const asked = [pool.ask("fleet", null), pool.ask("fleet", null)];
  threads[0]?.getsReady();
  FakeThread.refusal = new Error("ERR_WORKER_INIT_FAILED: EAGAIN");
  vi.advanceTimersByTime(500);
  expect(threads).toHaveLength(1);
  threads[0]?.answers([1]);
  threads[0]?.answers([2]);
  expect(await Promise.all(asked)).toEqual([[1], [2]]);
  threads[0]?.dies("no such file");
  await expect(pool.ask("fleet", null)).rejects.toMatchObject({
    code: "thread_failed",
    message: "a reader thread failed: it cannot be started: ERR_WORKER_INIT_FAILED: EAGAIN",
  });
  FakeThread.refusal = null;
  const later = pool.ask("fleet", null);
  threads[1]?.getsReady();
  threads[1]?.answers([3]);
  expect(await later).toEqual([3]);
});

test("a question does not wait for a thread that hangs while it ends [server/F1]", async () => {
  vi.useFakeTimers();
  const pool = await withTwoThreads();
  vi.advanceTimersByTime(60_000);
  expect(threads[1]?.asked.at(-1)).toBe("close");
  threads[0]?.dies("out of memory");
  const failing = pool.ask("fleet", null);
  expect(threads).toHaveLength(3);
  threads[2]?.dies("no such file");
  await expect(failing).rejects.toMatchObject(died);
});

test("closing starts no thread for a waiting question, and leaves no timer", async () => {
  vi.useFakeTimers();
  const pool = new ReaderPool({ path: "kb.db" });
  const asked = [pool.ask("fleet", null), pool.ask("fleet", null)];
  threads[0]?.getsReady();
  const closing = pool.close(1_000);
  threads[0]?.answers([1]);
  threads[0]?.emit("exit", 0);
  await closing;
  await expect(asked[1]).rejects.toMatchObject({ code: "closed" });
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(1_000);
  expect(threads).toHaveLength(1);
});

test("closing while two threads answer leaves no timer", async () => {
  vi.useFakeTimers();
  const pool = await withTwoThreads();
  const asked = [pool.ask("fleet", null), pool.ask("fleet", null)];
  const closing = pool.close(1_000);
  for (const thread of threads) {
    thread.answers([]);
    thread.emit("exit", 0);
  }
  await closing;
  expect(await Promise.all(asked)).toEqual([[], []]);
  expect(vi.getTimerCount()).toBe(0);
});

test("after the event loop was blocked, answers that arrived are processed before a second thread starts", async () => {
  vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout"] });
  const pool = new ReaderPool({ path: "kb.db" });
  const asked = [pool.ask("fleet", null), pool.ask("fleet", null)];
  threads[0]?.getsReady();
  // The loop halts, and the first answer arrives in it.
  vi.advanceTimersByTime(150);
  asked.push(pool.ask("fleet", null));
  expect(threads).toHaveLength(1);
  for (let i = 0; i < 3; i++) threads[0]?.answers([i]);
  expect(await Promise.all(asked)).toEqual([[0], [1], [2]]);
  await new Promise(setImmediate);
  expect(threads).toHaveLength(1);
});

test("a store opens although the system refuses a thread, and the first question tries again", async () => {
  const pool = new ReaderPool({ path: "kb.db" });
  FakeThread.refusal = new Error("EAGAIN");
  await pool.start();
  FakeThread.refusal = null;
  const asked = pool.ask("fleet", null);
  threads[0]?.getsReady();
  threads[0]?.answers([1]);
  expect(await asked).toEqual([1]);
});
