import { expect, test } from "vitest";
import { MessageQueue } from "../../src/queue/message-queue.js";

const beat = (channel: string, pid: number) => ({ type: "heartbeat", channel, pid }) as const;

function told(queue: MessageQueue): string[] {
  const story: string[] = [];
  const step = () =>
    queue.drainLiveness(1, ({ channel, pid }, _atMs, connection) => {
      story.push(`${channel} ${pid} over ${connection}`);
      return "processed";
    }) +
    queue.drainEnded(1, ({ channel, pid, connection }) =>
      story.push(`${channel} ${pid} ended ${connection}`),
    );
  while (step() > 0);
  return story;
}

test("the end of a connection is heard of behind every line that came before it, and not behind later ones [trial/O2]", () => {
  const queue = new MessageQueue({ maxRows: 10, maxBots: 10 });
  queue.offerMessage(beat("a", 1), 0, 7);
  queue.offerMessage(beat("b", 2), 0, 8);
  queue.offerEnded({ channel: "a", pid: 1, connection: 7 });
  queue.offerMessage(beat("c", 3), 0, 9);
  expect(queue.drainEnded(10, () => {})).toBe(0);
  expect(told(queue)).toEqual(["a 1 over 7", "b 2 over 8", "a 1 ended 7", "c 3 over 9"]);
});

test("one end waits for each process and connection, and it is told where nothing else waits [trial/O2]", () => {
  const queue = new MessageQueue({ maxRows: 10, maxBots: 2 });
  let ready = 0;
  queue.onReady = () => ready++;
  queue.offerEnded({ channel: "a", pid: 1, connection: 1 });
  queue.offerEnded({ channel: "b", pid: 1, connection: 2 });
  queue.offerEnded({ channel: "a", pid: 1, connection: 1 });
  // One process too many.
  queue.offerEnded({ channel: "c", pid: 1, connection: 4 });
  expect(ready).toBe(1);
  expect(queue.depth).toBe(0);
  expect(told(queue)).toEqual(["a 1 ended 1", "b 1 ended 2"]);
});

test("a line that stands for others of another connection comes over none [trial/O2]", () => {
  const queue = new MessageQueue({ maxRows: 10, maxBots: 10 });
  queue.offerMessage(beat("a", 1), 0, 7);
  queue.offerMessage(beat("a", 1), 0, 7);
  queue.offerMessage(beat("b", 1), 0, 7);
  queue.offerMessage(beat("b", 1), 0, 8);
  queue.offerMessage({ type: "register", channel: "b", pid: 1 }, 0, 8);
  queue.offerMessage(beat("b", 1), 0, 8);
  expect(told(queue)).toEqual(["a 1 over 7", "b 1 over 8", "b 1 over 0"]);
});
