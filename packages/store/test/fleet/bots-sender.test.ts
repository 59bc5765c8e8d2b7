import { beforeEach, describe, expect, test } from "vitest";
import type { StoredBot } from "../../src/bot.js";
import { BotsSender } from "../../src/fleet/bots-sender.js";
import type { BotsParcel, Receiver } from "../../src/fleet/receiver.js";
import type { SourceTail } from "../../src/sqlite/read/source-tail.js";

describe("the bots that go to the fleet's database", () => {
  let nowMs: number;
  let lookMs: number;
  let looks: number;
  let bots: StoredBot[];
  let sent: string[][];
  let sender: BotsSender;

  const bot = (channel: string, lastSeenMs: number) => ({ channel, lastSeenMs }) as StoredBot;

  beforeEach(() => {
    nowMs = 1_000_000;
    lookMs = 0;
    looks = 0;
    bots = [bot("a", 1), bot("b", 1)];
    sent = [];
    const tail = {
      bots: () => {
        looks++;
        nowMs += lookMs;
        return bots;
      },
      prices: () => [],
      identity: () => ({ opening: 1 }),
    };
    const receiver = {
      readChannels: async () => [],
      readCursor: async () => ({ version: 0, ranges: [] }),
      sendBots: async ({ bots: changed }: BotsParcel) => {
        sent.push(changed.map(({ channel }) => channel));
        return true;
      },
    };
    sender = new BotsSender(tail as unknown as SourceTail, receiver as unknown as Receiver, () => nowMs);
  });

  /** As often as the loop may ask, every 50 ms. */
  async function sendFor(ms: number): Promise<void> {
    for (const untilMs = nowMs + ms; nowMs < untilMs; nowMs += 50) await sender.send();
  }

  test("a few are looked at four times a second, and those that changed are sent", async () => {
    await sendFor(1_000);
    expect(looks).toBe(4);
    expect(sent).toEqual([["a", "b"]]);
    bots = [bot("a", 1), bot("b", 2)];
    await sendFor(250);
    expect(sent).toEqual([["a", "b"], ["b"]]);
  });

  test("many, of whom a look takes long, are looked at for a fifth of the time", async () => {
    lookMs = 280;
    await sendFor(14_000);
    expect(looks).toBe(10);
  });

  test("a look that stalled for long is followed by the next within five seconds", async () => {
    lookMs = 60_000;
    await sender.send();
    lookMs = 0;
    await sendFor(5_050);
    expect(looks).toBe(2);
  });

  test("the last look of all does not wait for its turn", async () => {
    lookMs = 280;
    await sender.send();
    sender.hurry();
    await sender.send();
    expect(looks).toBe(2);
  });

  test("a look that was left out is due later, and one that was made is not", async () => {
    lookMs = 280;
    await sender.send();
    expect(sender.isDue).toBe(false);
    nowMs += 250;
    await sender.send();
    expect(sender.isDue).toBe(false);
    nowMs += 1_000;
    expect(sender.isDue).toBe(true);
    await sender.send();
    expect(looks).toBe(2);
    expect(sender.isDue).toBe(false);
  });
});
