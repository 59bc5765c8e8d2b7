import { once } from "node:events";
import { Agent, get } from "node:http";
import { connect, type Socket } from "node:net";
import { until } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { Served } from "./served.js";

async function dial(served: Served): Promise<Socket> {
  const socket = connect(served.server.address.port, "127.0.0.1");
  await once(socket, "connect");
  return socket;
}

/** What comes until the other side ends the connection. */
function read(socket: Socket): Promise<string> {
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  // A connection that is ended with bytes of ours unread is reset: an end like any other here.
  socket.on("error", () => undefined);
  return new Promise((resolve) => socket.once("close", () => resolve(text)));
}

async function msOf(work: Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work;
  return performance.now() - startMs;
}

describe("a stop", () => {
  test("ends at once connections that are kept alive, and those that never asked anything", async () => {
    await using served = await Served.start();
    const agent = new Agent({ keepAlive: true });
    const [response] = (await once(get(`${served.url}/healthz`, { agent }), "response")) as [
      NodeJS.ReadableStream,
    ];
    await once(response.resume(), "end");
    const silent = await dial(served);
    const half = await dial(served);
    half.write("GET /healthz HTT");
    const closed = Promise.all([silent, half].map(read));
    expect(await msOf(served.server.stop())).toBeLessThan(500);
    await closed;
    agent.destroy();
  });

  test("ends streams at once", async () => {
    let left = 0;
    await using served = await Served.start({ feed: { subscribe: () => () => left++ } });
    const socket = await dial(served);
    socket.write("GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await once(socket, "data");
    const closed = once(socket.resume(), "close");
    expect(await msOf(served.server.stop())).toBeLessThan(500);
    await closed;
    expect(left).toBe(1);
  });

  test("lets an answer come to its end", async () => {
    let give: (chunks: Buffer[]) => void = () => undefined;
    const chunks = new Promise<Buffer[]>((resolve) => {
      give = resolve;
    });
    await using served = await Served.start({
      metrics: { contentType: "text/plain", chunks: () => chunks, giveBack: () => {} },
    });
    const socket = await dial(served);
    socket.write("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const text = read(socket);
    await (await served.ask("/healthz")).status;
    const stopped = served.server.stop();
    give([Buffer.from("all of it\n")]);
    await stopped;
    expect(await text).toContain("all of it");
  });

  test("waits a second for answers that never come", async () => {
    await using served = await Served.start({
      metrics: {
        contentType: "text/plain",
        chunks: () => new Promise(() => undefined),
        giveBack: () => {},
      },
    });
    const socket = await dial(served);
    socket.write("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const text = read(socket);
    await served.ask("/healthz");
    const ms = await msOf(served.server.stop());
    expect(ms).toBeGreaterThan(900);
    expect(ms).toBeLessThan(3000);
    expect(await text).toBe("");
  });
});

describe("a caller who", () => {
  test("sends its request a byte at a time is cut off, while others are answered", async () => {
    await using served = await Served.start();
    const slow = await dial(served);
    const text = read(slow);
    const request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
    let sent = 0;
    const drip = setInterval(() => slow.write(request[sent++] ?? "x"), 100);
    try {
      expect((await served.ask("/healthz")).status).toBe(200);
      expect(await text).toMatch(/^HTTP\/1\.1 408 .*"code":"request_timeout"/s);
      expect(sent).toBeGreaterThan(request.length);
    } finally {
      clearInterval(drip);
    }
  });

  test("sends too long a line, or no HTTP, is told so", async () => {
    await using served = await Served.start();
    const long = await dial(served);
    long.write(`GET /${"a".repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    expect(await read(long)).toMatch(/^HTTP\/1\.1 431 .*"code":"header_too_large"/s);
    const garbage = await dial(served);
    garbage.write('{"type":"heartbeat"}\n');
    expect(await read(garbage)).toMatch(/^HTTP\/1\.1 400 .*"code":"bad_request"/s);
  });

  test("announces a body is answered without waiting for it, and cut off", async () => {
    await using served = await Served.start();
    const socket = await dial(served);
    socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n");
    const text = await read(socket);
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(text).toMatch(/connection: close/i);
  });

  test("asks without a Host is answered like any other mistake", async () => {
    await using served = await Served.start();
    for (const lines of ["1.0", "1.1", "1.1\r\nHost:"]) {
      const socket = await dial(served);
      socket.write(`GET /healthz HTTP/${lines}\r\nConnection: close\r\n\r\n`);
      expect(await read(socket)).toMatch(/^HTTP\/1\.1 400 .*"code":"bad_request"/s);
    }
  });

  test("does not read a long list costs no more than a piece of it", async () => {
    await using served = await Served.start();
    for (let i = 0; i < 40_000; i++) served.fleet.add(`bot-${i}`, { statusCause: "x".repeat(500) });
    const sockets = await Promise.all(Array.from({ length: 20 }, () => dial(served)));
    const before = process.memoryUsage().external;
    for (const socket of sockets) {
      socket.pause();
      socket.write("GET /api/v1/bots HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
    // Each list is 36 MB. By the time that later ones were answered, those had every chance to be
    // encoded.
    for (let i = 0; i < 200; i++) expect((await served.ask("/api/v1/bots?limit=1")).status).toBe(200);
    expect(process.memoryUsage().external - before).toBeLessThan(100e6);
    for (const socket of sockets) socket.destroy();
    await until("a list", async () => (await served.ask("/api/v1/bots?limit=1")).status === 200);
  });
});
