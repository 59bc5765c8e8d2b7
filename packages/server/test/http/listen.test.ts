import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { Served } from "./served.js";

test("a taken port's error names the flag and says how to choose another", async () => {
  await using first = await Served.start();
  const { port } = first.server.address;
  await expect(Served.start({ address: { host: "127.0.0.1", port } })).rejects.toMatchObject({
    name: "HttpError",
    code: "port_taken",
    message: expect.stringMatching(
      new RegExp(`^--http 127\\.0\\.0\\.1:${port}: .*--http HOST:PORT.*--no-http`),
    ),
  });
});

test("an address that this machine does not have, and a host that nobody knows, are errors for people", async () => {
  await expect(Served.start({ address: { host: "192.0.2.1", port: 0 }, token: "x" })).rejects.toMatchObject({
    code: "cannot_bind",
    message: expect.stringContaining("--http 192.0.2.1:0: this machine does not have this address"),
  });
  await expect(Served.start({ address: { host: "no-such-host.invalid", port: 0 } })).rejects.toMatchObject({
    code: "unknown_host",
    message: expect.stringContaining("--http no-such-host.invalid:0"),
  });
});

test("a start after a failed one works, as the port is free by then", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as { port: number };
  await expect(Served.start({ address: { host: "127.0.0.1", port } })).rejects.toThrow("--http");
  await new Promise((resolve) => other.close(resolve));
  await using served = await Served.start({ address: { host: "127.0.0.1", port } });
  expect(served.url).toBe(`http://127.0.0.1:${port}`);
});

test("IPv6 and names work", async () => {
  for (const host of ["::1", "[::1]"]) {
    await using served = await Served.start({ address: { host, port: 0 } });
    expect(served.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
    expect((await served.ask("/healthz")).status).toBe(200);
  }
  await using served = await Served.start({ address: { host: "localhost", port: 0 } });
  expect(served.url).toMatch(/^http:\/\/localhost:\d+$/);
  expect((await served.ask("/healthz")).status).toBe(200);
});

test("start and stop may be called again", async () => {
  await using served = await Served.start();
  await served.server.start();
  await Promise.all([served.server.stop(), served.server.stop()]);
  await served.server.start();
  expect((await served.ask("/healthz")).status).toBe(200);
  await served.server.stop();
  await expect(served.ask("/healthz")).rejects.toThrow("ECONNREFUSED");
});
