import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, get, type IncomingMessage, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { constants, createGunzip } from "node:zlib";
import { RecordingLogger, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { FleetJson } from "../../src/http/fleet-json.js";
import { GzipEventStream } from "../../src/http/gzip-event-stream.js";
import { LiveFeed } from "../../src/live/live-feed.js";
import { EventLoopTurns } from "../../src/turns.js";
import { noonMs, PlainFleet } from "../http/plain-fleet.js";
import { Served } from "../http/served.js";

/** A server with a real feed. */
class Streamed implements AsyncDisposable {
  readonly fleet = new PlainFleet();
  readonly log = new RecordingLogger();
  readonly #responses: IncomingMessage[] = [];
  readonly feed = new LiveFeed({
    fleet: this.fleet,
    clock: { wallMs: () => noonMs, monotonicMs: () => performance.now() },
    logger: this.log,
    json: new FleetJson({ wallMs: () => noonMs + 60_000 }),
    turns: new EventLoopTurns(),
    intervalMs: 20,
  });
  #served: Served | null = null;

  async start(): Promise<Served> {
    await this.feed.start();
    this.#served = await Served.start({ fleet: this.fleet, feed: this.feed });
    return this.#served;
  }

  /** Follows the stream in this encoding; the text grows as it comes. */
  async follow(encoding: string): Promise<Followed> {
    const url = `${this.#served?.url}/api/v1/stream`;
    const request = get(url, { agent: false, headers: { "accept-encoding": encoding } });
    const [response] = (await once(request, "response")) as [IncomingMessage];
    this.#responses.push(response);
    response.on("error", () => undefined);
    return new Followed(response);
  }

  change(channel: string, fields: Parameters<PlainFleet["change"]>[1] = {}): void {
    this.feed.botChanged(this.fleet.change(channel, fields));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const response of this.#responses) response.destroy();
    await this.feed.stop();
    await this.#served?.server.stop();
  }
}

class Followed {
  text = "";
  bytes = 0;
  readonly #times = new Map<string, number>();

  constructor(readonly response: IncomingMessage) {
    response.on("data", (chunk: Buffer) => {
      this.bytes += chunk.length;
    });
    const isGzip = response.headers["content-encoding"] === "gzip";
    const plain = isGzip ? response.pipe(createGunzip({ finishFlush: constants.Z_SYNC_FLUSH })) : response;
    plain.on("error", () => undefined);
    plain.on("data", (chunk: Buffer) => {
      const from = Math.max(0, this.text.length - 20);
      this.text += chunk.toString("latin1");
      for (const [, mark = ""] of this.text.slice(from).matchAll(/(mark-\d+)/g)) {
        if (!this.#times.has(mark)) this.#times.set(mark, performance.now());
      }
    });
  }

  atMs(mark: string): number {
    return this.#times.get(mark) ?? Number.NaN;
  }
}

test("a compressed stream has the same events, each as soon as a plain one [page/R24]", async () => {
  await using streamed = new Streamed();
  await streamed.start();
  for (let i = 0; i < 2_000; i++) streamed.fleet.add(`bot-${i}`);
  const [plain, packed] = [await streamed.follow("identity"), await streamed.follow("gzip")];
  expect(plain.response.headers).not.toHaveProperty("content-encoding");
  expect(packed.response.headers["content-encoding"]).toBe("gzip");
  for (const { response } of [plain, packed]) expect(response.headers["vary"]).toBe("Accept-Encoding");
  for (const one of [plain, packed]) await until("the snapshot", () => one.text.includes("}]\n\n"));
  const lags: number[] = [];
  for (let i = 0; i < 20; i++) {
    streamed.change("bot-7", { statusCause: `mark-${i}` });
    await until(
      "both have it",
      () => packed.text.includes(`mark-${i}"`) && plain.text.includes(`mark-${i}"`),
    );
    lags.push(packed.atMs(`mark-${i}`) - plain.atMs(`mark-${i}`));
  }
  // Some may be late on a busy machine, as plain ones may be; were they held back, all of them
  // would be.
  expect(lags.sort((a, b) => a - b)[5]).toBeLessThan(50);
  const withoutIds = (text: string) => text.replaceAll(/^(?:id: \d+\n|: here\n\n)/gm, "");
  expect(withoutIds(packed.text)).toBe(withoutIds(plain.text));
  expect(packed.bytes).toBeLessThan(plain.bytes / 5);
});

test("a viewer who takes gzip and does not read is cut off as a plain one is, and memory stays bounded [page/R24]", async () => {
  await using streamed = new Streamed();
  const { server } = await streamed.start();
  for (let i = 0; i < 500; i++) streamed.fleet.add(`bot-${i}`);
  const good = await streamed.follow("gzip");
  const stopped = connect(server.address.port, "127.0.0.1").on("error", () => undefined);
  stopped.write("GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n");
  await once(stopped, "data");
  stopped.pause();
  await until("both view", () => streamed.feed.viewers === 2);
  const startBytes = process.memoryUsage().external;
  let most = 0;
  let round = 0;
  while (streamed.feed.dropped === 0) {
    round++;
    // A megabyte and a half that cannot be compressed much.
    for (let i = 0; i < 500; i++) {
      streamed.change(`bot-${i}`, { restarts: round, version: randomBytes(1_500).toString("base64") });
    }
    await until("the good one is told", () => good.text.includes(`"restarts":${round},`));
    good.text = "";
    most = Math.max(most, process.memoryUsage().external - startBytes);
    expect(round).toBeLessThan(200);
  }
  expect(most).toBeLessThan(60e6);
  expect(streamed.feed.viewers).toBe(1);
  streamed.change("bot-0", { restarts: -1 });
  await until("the good one goes on", () => good.text.includes('"restarts":-1,'));
  const closed = once(stopped, "close");
  stopped.resume();
  await closed;
});

test("what a viewer has not taken counts as it was told, also while the compressor has it [page/R24]", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const socket = connect(port, "127.0.0.1").on("error", () => undefined);
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  socket.pause();
  const [, response] = (await once(server, "request")) as [IncomingMessage, ServerResponse];
  const stream = new GzipEventStream(response);
  stream.write(Buffer.alloc(1_000, "a"));
  expect(stream.unsentBytes).toBe(1_000);
  await until("it is taken", () => stream.unsentBytes === 0);
  const piece = randomBytes(65_536);
  let written = 0;
  // Until the system takes no more.
  await until("it is full", () => {
    stream.write(piece);
    written += piece.length;
    return stream.unsentBytes > 2_000_000;
  });
  const unsent = stream.unsentBytes;
  expect(unsent % 65_536).toBe(0);
  stream.write(piece);
  expect(stream.unsentBytes).toBe(unsent + 65_536);
  socket.resume();
  await until("all is taken", () => stream.unsentBytes === 0);
  expect(written).toBeGreaterThan(2_000_000);
  stream.close();
  stream.close();
  stream.write(piece);
  expect(stream.unsentBytes).toBe(0);
  await once(socket, "close");
  server.close();
});

test("a hundred compressed viewers leave again, some of them in the middle, without a fault [page/R24]", async () => {
  await using streamed = new Streamed();
  await streamed.start();
  for (let i = 0; i < 200; i++) streamed.fleet.add(`bot-${i}`);
  const viewers = await Promise.all(Array.from({ length: 100 }, () => streamed.follow("gzip")));
  for (let round = 0; round < 10; round++) {
    streamed.change("bot-1", { statusCause: `mark-${round}` });
    for (const { response } of viewers.splice(0, 5)) response.destroy();
    await until("the others are told", () => viewers.every(({ text }) => text.includes(`mark-${round}"`)));
  }
  await until("they have left", () => streamed.feed.viewers === 50);
  expect(streamed.log.errors).toEqual([]);
  for (const { response } of viewers) response.destroy();
  await until("nobody views", () => streamed.feed.viewers === 0);
});
