import { domain, integer, ipV4, ipV6, oneof, property, assert as propertyAssert, string } from "fast-check";
import { expect, test } from "vitest";
import { httpAddressFrom, httpAddressText, isBeyondLoopback } from "../../src/config/http-address.js";

const port = integer({ min: 0, max: 65_535 });

test("every address and name with a port is read back from its text", async () => {
  await propertyAssert(
    property(oneof(ipV4(), ipV6(), domain()), port, (host, number) => {
      expect(httpAddressFrom(httpAddressText({ host, port: number }))).toEqual({ host, port: number });
    }),
  );
});

test("a port alone is loopback's", async () => {
  await propertyAssert(
    property(port, (number) => {
      expect(httpAddressFrom(`${number}`)).toEqual({ host: "127.0.0.1", port: number });
    }),
  );
});

test("what is no address is none, and what is one has a port", async () => {
  await propertyAssert(
    property(string(), (text) => {
      const address = httpAddressFrom(text);
      expect(address === undefined || (address.host !== "" && address.port <= 65_535)).toBe(true);
    }),
  );
  const wrong = [
    "",
    ":7788",
    "::1:7788",
    "[::1]",
    "[127.0.0.1]:1",
    "localhost",
    "a:b",
    "1.2.3.4:65536",
    "256.1.1.1:1",
  ];
  for (const text of [
    ...wrong,
    "-1",
    "7788 ",
    "http://localhost:7788",
    "*:7788",
    "a b:1",
    "a..b:1",
    "[::1]:",
  ]) {
    expect(httpAddressFrom(text), text).toBeUndefined();
  }
});

test("an address that others can reach is beyond loopback; a name is judged by who resolves it", () => {
  const reachable = ["0.0.0.0", "::", "10.0.0.1", "fe80::1", "::ffff:10.0.0.1"];
  expect(reachable.map(isBeyondLoopback)).not.toContain(false);
  const local = ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1", "localhost", "monitor.example.org"];
  expect(local.map(isBeyondLoopback)).not.toContain(true);
});
