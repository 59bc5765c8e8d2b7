import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { until } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import type { Viewer } from "../../src/live/viewer.js";
import { Served } from "./served.js";

async function dial(served: Served): Promise<Socket> {
  const socket = connect(served.server.address.port, "127.0.0.1");
  await once(socket, "connect");
  return socket.on("error", () => undefined);
}

/** Resolves when it is closed, by a reset too. */
function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.resume().once("close", () => resolve()));
}

function requestOf(path: string, header = ""): string {
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${header}\r\n`;
}

/** Scrapes that are made when the test says so. */
class SlowScrapes {
  readonly contentType = "text/plain";
  asked = 0;
  back = 0;
  readonly #makers: (() => void)[] = [];

  chunks(): Promise<Buffer[]> {
    this.asked++;
    return new Promise((resolve) => this.#makers.push(() => resolve([Buffer.alloc(4_096, "a")])));
  }

  giveBack(): void {
    this.back++;
  }

  make(): void {
    for (const make of this.#makers.splice(0)) make();
  }
}

const encodings = { "as they are": "", compressed: "Accept-Encoding: gzip\r\n" };

describe("requests that one connection sends behind one another", () => {
  for (const [how, header] of Object.entries(encodings)) {
    test(`wait for the answer before them, and end with the connection, ${how} [server/F20]`, async () => {
      const viewers = new Set<Viewer>();
      let joined = 0;
      const feed = {
        subscribe: (viewer: Viewer) => {
          joined++;
          viewers.add(viewer);
          return () => viewers.delete(viewer);
        },
      };
      await using served = await Served.start({ feed, maxStreams: 1 });
      const socket = await dial(served);
      socket.write(requestOf("/api/v1/stream", header).repeat(3));
      await until("a stream is open", () => viewers.size === 1);
      expect((await served.ask("/api/v1/stream")).status).toBe(503);
      socket.destroy();
      await until("none is open", () => viewers.size === 0, { describe: () => viewers.size });
      const again = await dial(served);
      again.write(requestOf("/api/v1/stream", header));
      await until("another one is open", () => viewers.size === 1);
      expect(joined).toBe(2);
      again.destroy();
    });

    test(`end with their connection where one who does not read is dropped, ${how} [server/F20]`, async () => {
      const viewers: Viewer[] = [];
      let left = 0;
      const feed = { subscribe: (viewer: Viewer) => [() => left++, viewers.push(viewer)][0] as () => number };
      await using served = await Served.start({ feed });
      const socket = await dial(served);
      const closed = closeOf(socket);
      socket.write(requestOf("/api/v1/stream", header).repeat(3));
      await until("a stream is open", () => viewers.length === 1);
      viewers[0]?.close();
      await closed;
      await until("it has left", () => left === 1);
      expect(viewers).toHaveLength(1);
    });

    test(`are not looked at when their connection has ended, ${how} [server/F20]`, async () => {
      const scrapes = new SlowScrapes();
      let left = 0;
      const feed = { subscribe: () => () => left++ };
      await using served = await Served.start({ metrics: scrapes, feed });
      const socket = await dial(served);
      socket.write(requestOf("/api/v1/stream") + requestOf("/metrics", header).repeat(4));
      await once(socket, "data");
      socket.destroy();
      await until("the stream has left", () => left === 1);
      expect((await served.ask("/api/v1/session")).status).toBe(200);
      expect(scrapes.asked).toBe(0);
    });
  }

  test("are answered in their order", async () => {
    await using served = await Served.start();
    const socket = await dial(served);
    let text = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    socket.write(
      `${requestOf("/metrics")}${requestOf("/api/v1/session").repeat(30)}${requestOf("/nothing")}`,
    );
    await until("all answers came", () => text.includes("not_found"));
    expect(text.indexOf("a 1\n")).toBeLessThan(text.indexOf("token_needed"));
    expect(text.split("token_needed")).toHaveLength(31);
    socket.destroy();
  });

  test("close the connection where too many wait, and hold up no other caller", async () => {
    const scrapes = new SlowScrapes();
    await using served = await Served.start({ metrics: scrapes });
    const socket = await dial(served);
    const closed = closeOf(socket);
    socket.write(requestOf("/metrics").repeat(20_000));
    await closed;
    expect((await served.ask("/api/v1/session")).status).toBe(200);
    expect(scrapes.asked).toBe(1);
    const said = "closed an HTTP connection: more than 32 requests waited on it for their turn";
    const fields = { address: "127.0.0.1" };
    expect(served.log.entries).toEqual([{ level: "warn", fields, sentence: said }]);
    const second = await dial(served);
    const closedToo = closeOf(second);
    second.write(requestOf("/metrics").repeat(100));
    await closedToo;
    expect(served.log.entries).toHaveLength(1);
    scrapes.make();
    await until("both were given back", () => scrapes.back === 2);
  });
});

test.each(["/metrics", "/api/v1/stream"])(
  "a request for %s behind an answer that ends the connection leaves nothing under way",
  async (path) => {
    const scrapes = new SlowScrapes();
    let viewers = 0;
    const feed = { subscribe: () => [() => viewers--, viewers++][0] as () => number };
    await using served = await Served.start({ metrics: scrapes, feed });
    const socket = await dial(served);
    const closed = closeOf(socket);
    // A body where none belongs ends the connection after the answer.
    const first = requestOf("/api/v1/session", "Content-Length: 1\r\n");
    socket.write(`${first}x${requestOf(path, "Expect: x\r\n")}`);
    await closed;
    expect((await served.ask("/api/v1/session")).status).toBe(200);
    scrapes.make();
    await until("all is given back", () => scrapes.back === scrapes.asked && viewers === 0);
  },
);

test("requests with a path that is none wait for their turn like others", async () => {
  const scrapes = new SlowScrapes();
  await using served = await Served.start({ metrics: scrapes });
  const socket = await dial(served);
  const closed = closeOf(socket);
  socket.write(`${requestOf("/metrics")}${requestOf("/%").repeat(100)}`);
  await closed;
  expect(served.log.entries).toHaveLength(1);
  scrapes.make();
  await until("it was given back", () => scrapes.back === 1);
});

test("a scrape that is made after its connection has ended is given back [server/F20]", async () => {
  const scrapes = new SlowScrapes();
  await using served = await Served.start({ metrics: scrapes });
  const socket = await dial(served);
  socket.write(requestOf("/metrics", "Accept-Encoding: gzip\r\n"));
  await until("the scrape is asked for", () => scrapes.asked === 1);
  socket.destroy();
  expect((await served.ask("/api/v1/session")).status).toBe(200);
  scrapes.make();
  await until("it was given back", () => scrapes.back === 1);
});
