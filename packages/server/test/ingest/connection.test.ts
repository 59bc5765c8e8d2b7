import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ManualClock, RecordingLogger, silentLogger } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { Connection } from "../../src/ingest/connection.js";
import { LineIntake } from "../../src/ingest/line-intake.js";
import type { Principal } from "../../src/principals/principal.js";
import { Principals } from "../../src/principals/principals.js";
import { MessageQueue } from "../../src/queue/message-queue.js";

/** A socket as far as a connection uses it. */
class ReadSocket extends EventEmitter {
  #paused = false;
  pauses = 0;

  pause(): void {
    this.pauses++;
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  isPaused(): boolean {
    return this.#paused;
  }
}

function connected(principal: Principal | null): ReadSocket {
  const socket = new ReadSocket();
  const clock = new ManualClock();
  const queue = new MessageQueue({ maxRows: 10, maxBots: 10 });
  const principals = new Principals({ policies: [], clock, logger: new RecordingLogger() });
  const intake = new LineIntake({ queue, clock, log: { note: () => {} }, principals });
  new Connection({
    socket: socket as unknown as Socket,
    principal,
    intake,
    logger: silentLogger,
    onClosed: () => {},
  });
  return socket;
}

const chunk = Buffer.from("\n".repeat(65_536));

test("a connection of a principal reads 128 kB in a turn, and goes on in the next [users/U5]", async () => {
  const { local } = new Principals({
    policies: [],
    clock: new ManualClock(),
    logger: new RecordingLogger(),
  });
  const socket = connected(local);
  for (let turn = 0; turn < 3; turn++) {
    socket.emit("data", chunk);
    expect(socket.isPaused()).toBe(false);
    socket.emit("data", chunk);
    expect(socket.isPaused()).toBe(true);
    await nextTurn();
    expect(socket.isPaused()).toBe(false);
  }
});

test("where nobody is told apart, no socket is ever paused [users/U1]", () => {
  const socket = connected(null);
  for (let i = 0; i < 100; i++) socket.emit("data", chunk);
  expect(socket.pauses).toBe(0);
});
