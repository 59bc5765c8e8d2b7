import { expect, test } from "vitest";
import * as client from "../../../client/src/socket-path.js";
import { defaultSocketPath, longestSocketPath } from "../../src/config/socket-path.js";

test.each(["linux", "darwin", "win32"] as const)("client and monitor agree on paths on %s", (platform) => {
  expect(defaultSocketPath({ platform })).toBe(client.defaultSocketPath(platform));
  const longest = "x".repeat(longestSocketPath(platform));
  expect(() => client.assertSocketPath(longest, platform)).not.toThrow();
  expect(() => client.assertSocketPath(`${longest}x`, platform)).toThrow(RangeError);
});
