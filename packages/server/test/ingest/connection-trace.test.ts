import { expect, test } from "vitest";
import { ConnectionTrace } from "../../src/ingest/connection-trace.js";

const channelsOf = (trace: ConnectionTrace) => trace.heard.map(({ channel }) => channel);

test("a trace remembers each process once, in the order in which they were heard first", () => {
  const trace = new ConnectionTrace(7);
  const numbers = [1, 2, 1, 3, 2].map((pid) => trace.noteProcess(`bot_${pid}`, pid));
  expect(numbers).toEqual([7, 7, 7, 7, 7]);
  expect(trace.heard).toEqual([1, 2, 3].map((pid) => ({ channel: `bot_${pid}`, pid })));
  expect(trace.noteProcess("bot_1", 9)).toBe(7);
  expect(channelsOf(trace)).toEqual(["bot_1", "bot_2", "bot_3", "bot_1"]);
});

test("a process that said goodbye is forgotten, whichever it is, and the others are not", () => {
  for (const gone of [1, 2, 3]) {
    const trace = new ConnectionTrace(7);
    for (const pid of [1, 2, 3]) trace.noteProcess(`bot_${pid}`, pid);
    trace.forgetProcess(`bot_${gone}`, gone);
    trace.forgetProcess(`bot_${gone}`, gone);
    const left = [1, 2, 3].filter((pid) => pid !== gone);
    expect(channelsOf(trace)).toEqual(left.map((pid) => `bot_${pid}`));
    for (const pid of left) trace.forgetProcess(`bot_${pid}`, pid);
    expect(trace.heard).toEqual([]);
    expect(trace.noteProcess("bot_4", 4)).toBe(7);
    expect(channelsOf(trace)).toEqual(["bot_4"]);
  }
});

test("of more than sixteen processes the rest is not remembered, until one says goodbye", () => {
  const trace = new ConnectionTrace(7);
  const numbers = Array.from({ length: 17 }, (_, pid) => trace.noteProcess("bot", pid + 1));
  expect(numbers).toEqual([...new Array(16).fill(7), 0]);
  trace.forgetProcess("bot", 1);
  expect(trace.noteProcess("bot", 17)).toBe(7);
  expect(trace.heard.map(({ pid }) => pid)).toEqual(Array.from({ length: 16 }, (_, i) => i + 2));
});
