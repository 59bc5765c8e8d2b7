import { expect, test } from "vitest";
import { PostgresServer } from "../../testkit/src/postgres-server.js";
import { quickRows } from "./bench-run.js";

test.skipIf(PostgresServer.missing("newest") !== null)(
  "the benchmark of several hosts prints what sending costs, how late rows are, and what they take [fleet/R1] [fleet/R5] [fleet/R28] [fleet/T19]",
  async () => {
    const rows = await quickRows("fleet");
    for (const name of [
      "bare, rows/s",
      "whole way, rows/s",
      "whole way to bare",
      "process, µs a row",
      "main thread, busy, %",
      "round trip 30 ms, rows/s",
      "calls, nothing else waits",
      "calls, 5,000 older rows wait",
      "changes of status, nothing else waits",
      "changes of status, 5,000 older rows wait",
      "commit p99, ms",
      "loop delay p99, ms",
      "call",
      "minute of a bot",
    ]) {
      const [first = ""] = rows.get(name) ?? [];
      expect(Number.parseFloat(first.replaceAll(",", "")), `${name}: ${first}`).toBeGreaterThan(0);
    }
    const [calls, bytes] = rows.get("call") ?? [];
    expect(calls).toBe("5,000");
    expect(Number(bytes)).toBeLessThan(200);
  },
  300_000,
);
