import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { until } from "@kissbot/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Chunks, writeChunks } from "../../src/http/chunk-writer.js";
import { ask } from "./ask.js";

let answers: ((response: ServerResponse) => void)[] = [];
const server = createServer((_request, response) => answers.shift()?.(response));
let url = "";

beforeEach(async () => {
  answers = [];
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** Answers the next request; resolves with how that ended. */
function answering(chunks: Chunks): Promise<unknown> {
  return new Promise((resolve) => {
    answers.push((response) => writeChunks(response, chunks).then(resolve, resolve));
  });
}

function* pieces(count: number, made: Buffer[]): Generator<Buffer> {
  for (let i = 0; i < count; i++) {
    const piece = Buffer.alloc(65_536, String(i % 10));
    made.push(piece);
    yield piece;
  }
}

test("writes every chunk, tells of each that it was sent, and then that it is over", async () => {
  const made: Buffer[] = [];
  const told: (Buffer | "closed")[] = [];
  const over = answering({
    chunks: pieces(20, made),
    sent: (chunk) => told.push(chunk),
    closed: () => told.push("closed"),
  });
  const response = await fetch(url);
  expect(Buffer.from(await response.arrayBuffer()).equals(Buffer.concat(made))).toBe(true);
  expect(await over).toBe(undefined);
  await until("all was told", () => told.length === 21);
  expect(told).toEqual([...made, "closed"]);
});

test("a caller who does not read holds up no more than the system takes; once it is gone, everything comes back", async () => {
  const made: Buffer[] = [];
  const sent: Buffer[] = [];
  let closed = 0;
  const over = answering({
    chunks: pieces(10_000, made),
    sent: (chunk) => sent.push(chunk),
    closed: () => closed++,
  });
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, "127.0.0.1");
  socket.pause();
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  // It stands still when the last chunk waits for the system, however long that is looked at.
  let stood = 0;
  let before = -1;
  await until("nothing more is asked for", () => {
    stood = made.length === before && made.length - sent.length === 1 ? stood + 1 : 0;
    before = made.length;
    return stood === 20;
  });
  expect(made.length).toBeLessThan(1_000);
  expect(made.length - sent.length).toBe(1);
  expect(closed).toBe(0);
  socket.destroy();
  expect(await over).toBe(undefined);
  await until("everything came back", () => sent.length === made.length && closed === 1);
});

test("what breaks while it is made ends the answer, and is told", async () => {
  let closed = 0;
  const broken = new Error("no more");
  const over = answering({
    chunks: (function* () {
      yield Buffer.from("begun");
      throw broken;
    })(),
    closed: () => closed++,
  });
  await expect(fetch(url).then((response) => response.text())).rejects.toThrow();
  expect(await over).toBe(broken);
  await until("it is over", () => closed === 1);
});

test("an empty answer is an answer", async () => {
  let closed = 0;
  const over = answering({ chunks: [], closed: () => closed++ });
  expect((await ask(url, "/")).status).toBe(200);
  expect(await over).toBe(undefined);
  await until("it is over", () => closed === 1);
});
