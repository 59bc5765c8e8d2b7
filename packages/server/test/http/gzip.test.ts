import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { gunzipSync } from "node:zlib";
import { until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { rawReply } from "./raw-reply.js";
import { Served } from "./served.js";

/** A server with so many bots that its lists come in several pieces. */
async function largeFleet(bots = 500): Promise<Served> {
  const served = await Served.start({
    metrics: {
      contentType: "text/plain; charset=utf-8",
      chunks: async () => [Buffer.from("a 1\n".repeat(500)), Buffer.from("b 2\n")],
      giveBack: () => undefined,
    },
  });
  for (let i = 0; i < bots; i++) served.fleet.add(`bot-${i}`, { statusCause: "ü🦀" });
  return served;
}

test("an answer is the same after decoding, and plain to a reader that does not ask for gzip [page/R24]", async () => {
  await using served = await largeFleet();
  for (const path of [
    "/api/v1/bots",
    "/api/v1/bots?limit=3",
    "/metrics",
    "/api/v1/openapi.json",
    "/healthz",
  ]) {
    const plain = await rawReply(`${served.url}${path}`, undefined);
    const packed = await rawReply(`${served.url}${path}`, "gzip, br");
    expect(plain.headers, path).not.toHaveProperty("content-encoding");
    if (packed.headers["content-encoding"] === "gzip") {
      expect(packed.bytes.length, path).toBeLessThan(plain.bytes.length);
      expect(gunzipSync(packed.bytes).equals(plain.bytes), path).toBe(true);
    } else {
      expect(packed.bytes.equals(plain.bytes), path).toBe(true);
      expect(plain.bytes.length, path).toBeLessThanOrEqual(1_024);
    }
    expect(plain.bytes.length > 1_024, path).toBe(packed.headers["content-encoding"] === "gzip");
    for (const { headers, status } of [plain, packed]) {
      expect([status, headers["vary"]], path).toEqual([200, "Accept-Encoding"]);
    }
  }
});

test("what has not over a kilobyte is sent as it is, errors included [page/R24]", async () => {
  await using served = await Served.start();
  for (const path of ["/api/v1/bots", "/api/v1/bots/nobody", "/healthz", "/nothing", "/metrics"]) {
    const { headers } = await rawReply(`${served.url}${path}`, "gzip");
    expect(headers, path).not.toHaveProperty("content-encoding");
  }
});

test("a list that is longer than a kilobyte by one byte is compressed, and no shorter one [page/R24]", async () => {
  await using served = await Served.start();
  served.fleet.add("a", { statusCause: "" });
  const bare = (await rawReply(`${served.url}/api/v1/bots`, undefined)).bytes.length;
  for (const [bytes, encoding] of [
    [1_024, undefined],
    [1_025, "gzip"],
  ] as const) {
    served.fleet.change("a", { statusCause: "x".repeat(bytes - bare) });
    const { headers } = await rawReply(`${served.url}/api/v1/bots`, "gzip");
    expect(headers["content-encoding"], `${bytes} bytes`).toBe(encoding);
  }
});

test("a HEAD of a long answer has no body, however it would be encoded [page/R24]", async () => {
  await using served = await largeFleet(10);
  for (const path of ["/api/v1/bots", "/api/v1/openapi.json", "/metrics", "/api/v1/stream"]) {
    const { status, bytes } = await rawReply(`${served.url}${path}`, "gzip", "HEAD");
    expect([status, bytes.length], path).toEqual([200, 0]);
  }
});

test("an answer that fails before its first piece is an error, and its reader is let go [page/R24]", async () => {
  let given = 0;
  await using served = await Served.start({
    metrics: {
      contentType: "text/plain",
      chunks: async () =>
        Object.assign([], {
          [Symbol.iterator](): Iterator<Buffer> {
            throw new Error("no text");
          },
        }) as Buffer[],
      giveBack: () => given++,
    },
  });
  for (const encoding of [undefined, "gzip"]) {
    const { status, bytes } = await rawReply(`${served.url}/metrics`, encoding);
    expect([status, bytes.toString()]).toEqual([500, expect.stringContaining("internal")]);
  }
  expect(given).toBe(2);
});

test("a caller who takes gzip and does not read costs no more than a piece of the list [page/R24]", async () => {
  await using served = await Served.start();
  // Nothing that can be compressed, so that the system's buffers are soon full.
  for (let i = 0; i < 10_000; i++) {
    served.fleet.add(`bot-${i}`, { statusCause: randomBytes(1_500).toString("base64") });
  }
  const sockets = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const socket = connect(served.server.address.port, "127.0.0.1");
      socket.on("error", () => undefined);
      await once(socket, "connect");
      return socket;
    }),
  );
  const before = process.memoryUsage().external;
  for (const socket of sockets) {
    socket.pause();
    socket.write("GET /api/v1/bots HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n");
  }
  for (let i = 0; i < 200; i++) expect((await served.ask("/api/v1/bots?limit=1")).status).toBe(200);
  // Each list has 25 MB.
  expect(process.memoryUsage().external - before).toBeLessThan(60e6);
  for (const socket of sockets) socket.destroy();
  await until("a list", async () => {
    const { bytes } = await rawReply(`${served.url}/api/v1/bots`, "gzip");
    return gunzipSync(bytes).length > 20e6;
  });
  expect(served.log.errors).toEqual([]);
});
