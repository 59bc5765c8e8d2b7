import { expect, test } from "vitest";
import { connectionLimit, connectionsWithin, limitFrom } from "../../src/ingest/connection-limit.js";

const limits = `Limit                     Soft Limit           Hard Limit           Units
Max processes             63704                63704                processes
Max open files            96                   4096                 files
`;

test("a part of the descriptors is kept from the bots, whatever the limit is", () => {
  expect(limitFrom(limits)).toBe(96);
  expect(limitFrom(limits.replace("96  ", "unlimited"))).toBeNull();
  expect(connectionsWithin(96, 40)).toBe(32);
  expect(connectionsWithin(1_024, 40)).toBe(856);
  expect(connectionsWithin(1_048_576, 40)).toBe(1_048_408);
  expect(connectionsWithin(40, 60)).toBe(1);
  if (process.platform === "linux") expect(connectionLimit()).toBeGreaterThan(0);
});
