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

function requestOf(path: string, header = ""): string {
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${header}\r\n`;
}

const encodings = { "as they are": "", compressed: "Accept-Encoding: gzip\r\n" };

describe("requests that one connection sends behind one another", () => {
  for (const [how, header] of Object.entries(encodings)) {
    test(`leave no stream behind when the connection ends, ${how} [server/F20]`, async () => {
      const viewers = new Set<Viewer>();
      const feed = {
        subscribe: (viewer: Viewer) => {
          viewers.add(viewer);
          return () => viewers.delete(viewer);
        },
      };
      await using served = await Served.start({ feed, maxStreams: 3 });
      const socket = await dial(served);
      socket.write(requestOf("/api/v1/stream", header).repeat(3));
      await until("three streams are open", () => viewers.size === 3);
      expect((await served.ask("/api/v1/stream")).status).toBe(503);
      socket.destroy();
      await until("none is open", () => viewers.size === 0, { describe: () => viewers.size });
      const again = await dial(served);
      again.write(requestOf("/api/v1/stream", header));
      await until("another one is open", () => viewers.size === 1);
      again.destroy();
    });

    test(`end with their connection where one who does not read is dropped, ${how} [server/F20]`, async () => {
      const viewers: Viewer[] = [];
      let left = 0;
      const feed = { subscribe: (viewer: Viewer) => [() => left++, viewers.push(viewer)][0] as () => number };
      await using served = await Served.start({ feed });
      const socket = await dial(served);
      socket.write(requestOf("/api/v1/stream", header).repeat(3));
      await until("three streams are open", () => viewers.length === 3);
      viewers[2]?.close();
      await until("all have left", () => left === 3, { describe: () => left });
      socket.destroy();
    });

    test(`leave no scrape behind when the connection ends, ${how} [server/F20]`, async () => {
      let asked = 0;
      let back = 0;
      const metrics = {
        contentType: "text/plain",
        chunks: async () => {
          asked++;
          return [Buffer.alloc(4_096, "a")];
        },
        giveBack: () => back++,
      };
      await using served = await Served.start({ metrics });
      const socket = await dial(served);
      socket.write(requestOf("/api/v1/stream") + requestOf("/metrics", header).repeat(4));
      await until("four scrapes are under way", () => asked === 4);
      socket.destroy();
      await until("all were given back", () => back === 4, { describe: () => back });
    });
  }

  test("are answered in their order", async () => {
    await using served = await Served.start();
    const socket = await dial(served);
    let text = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    socket.write(`${requestOf("/metrics")}${requestOf("/api/v1/session")}${requestOf("/nothing")}`);
    await until("three answers came", () => text.includes("not_found"));
    expect(text.indexOf("a 1\n")).toBeLessThan(text.indexOf("token_needed"));
    socket.destroy();
  });
});

test("a scrape that is made after its connection has ended is given back [server/F20]", async () => {
  let make: (chunks: Buffer[]) => void = () => undefined;
  let isAsked = false;
  let back = 0;
  const metrics = {
    contentType: "text/plain",
    chunks: () => {
      isAsked = true;
      return new Promise<Buffer[]>((resolve) => {
        make = resolve;
      });
    },
    giveBack: () => back++,
  };
  let left = 0;
  const feed = { subscribe: () => () => left++ };
  await using served = await Served.start({ metrics, feed });
  const socket = await dial(served);
  socket.write(requestOf("/api/v1/stream") + requestOf("/metrics", "Accept-Encoding: gzip\r\n"));
  await until("the scrape is asked for", () => isAsked);
  socket.destroy();
  await until("the stream has left", () => left === 1);
  make([Buffer.alloc(4_096, "a")]);
  await until("it was given back", () => back === 1);
});
