import { StoreError } from "@kissbot/store";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { StoreReader } from "../../src/http/store-reads.js";

/** A question that is answered when the test says so. */
class Question {
  isBegun = false;
  answer: (text: string) => void = () => undefined;
  fail: (error: Error) => void = () => undefined;

  readonly ask = (): Promise<string> => {
    this.isBegun = true;
    return new Promise((resolve, reject) => {
      this.answer = resolve;
      this.fail = reject;
    });
  };
}

describe("questions to the store", () => {
  let isOpen: boolean;
  let reader: StoreReader<object>;

  beforeEach(() => {
    vi.useFakeTimers();
    isOpen = true;
    reader = new StoreReader<object>({ reads: () => (isOpen ? {} : null), timeoutMs: 10_000, maxReads: 4 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const settle = () => vi.advanceTimersByTimeAsync(0);

  test("two are with the store at once, the others in the order in which they were asked", async () => {
    const questions = [new Question(), new Question(), new Question(), new Question()] as const;
    const [first, second, third, fourth] = questions;
    const answers = questions.map(({ ask }) => reader.ask(ask));
    const begun = () => questions.map(({ isBegun }) => isBegun);
    await settle();
    expect(begun()).toEqual([true, true, false, false]);
    second.answer("b");
    await settle();
    expect(begun()).toEqual([true, true, true, false]);
    first.fail(new StoreError("corrupt", "the disk is gone"));
    await expect(answers[0]).rejects.toMatchObject({ code: "store_unavailable" });
    expect(begun()).toEqual([true, true, true, true]);
    third.answer("c");
    fourth.answer("d");
    expect(await Promise.all(answers.slice(1))).toEqual(["b", "c", "d"]);
  });

  test("a question that asks twice asks no second time for somebody who was told that it took too long", async () => {
    const [first, second] = [new Question(), new Question()];
    const both = async (_: object, assertAsked: () => void) => {
      await first.ask();
      assertAsked();
      return await second.ask();
    };
    const refusal = expect(reader.ask(both)).rejects.toMatchObject({ code: "store_timeout" });
    await vi.advanceTimersByTimeAsync(11_000);
    await refusal;
    first.answer("late");
    await settle();
    expect(second.isBegun).toBe(false);
    const answer = reader.ask(both);
    first.answer("in time");
    await settle();
    second.answer("whole");
    expect(await answer).toBe("whole");
  });

  test("what nobody waits for any more is not asked, and while the store hangs others are refused at once", async () => {
    const stuck = [new Question(), new Question()];
    const late = [new Question(), new Question()];
    const refusals = [...stuck, ...late].map(({ ask }) =>
      expect(reader.ask(ask)).rejects.toMatchObject({ code: "store_timeout" }),
    );
    await expect(reader.ask(new Question().ask)).rejects.toMatchObject({ code: "busy" });
    await vi.advanceTimersByTimeAsync(10_000);
    await Promise.all(refusals);

    // Whether the store is slow or hangs is known after as long again.
    const patient = new Question();
    const taken = expect(reader.ask(patient.ask)).rejects.toMatchObject({ code: "store_timeout" });
    await vi.advanceTimersByTimeAsync(10_000);
    await taken;
    expect(patient.isBegun).toBe(false);
    await expect(reader.ask(new Question().ask)).rejects.toMatchObject({ code: "busy" });
    stuck[0]?.answer("too late");
    await settle();
    const [next, another] = [new Question(), new Question()];
    const answers = [next, another].map(({ ask }) => reader.ask(ask));
    expect([next.isBegun, another.isBegun]).toEqual([true, false]);
    stuck[1]?.fail(new StoreError("corrupt", "the disk is gone"));
    await settle();
    expect(late.map(({ isBegun }) => isBegun)).toEqual([false, false]);
    next.answer("e");
    another.answer("f");
    expect(await Promise.all(answers)).toEqual(["e", "f"]);
  });

  test("a store that was closed before a question's turn says so", async () => {
    const running = [new Question(), new Question()];
    const answers = running.map(({ ask }) => reader.ask(ask));
    const refusal = expect(reader.ask(new Question().ask)).rejects.toMatchObject({ code: "store_not_open" });
    isOpen = false;
    await expect(reader.ask(new Question().ask)).rejects.toMatchObject({ code: "store_not_open" });
    for (const one of running) one.answer("a");
    await refusal;
    expect(await Promise.all(answers)).toEqual(["a", "a"]);
  });

  test("a question that throws at once fails, and the next one is asked", async () => {
    const broken = () => {
      throw new StoreError("invalid_query", "no such key");
    };
    await expect(reader.ask(broken)).rejects.toMatchObject({ code: "invalid_parameter" });
    await expect(reader.ask(async () => "fine")).resolves.toBe("fine");
  });
});
