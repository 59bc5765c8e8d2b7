import { expect, test } from "vitest";
import type { FromWriter } from "../src/sqlite/thread/writer-message.js";
import { WriterStatus } from "../src/sqlite/thread/writer-status.js";

test("a status that lasts keeps its detail current, and is one event [trial/O15]", () => {
  const posted: FromWriter[] = [];
  const health = new WriterStatus((message) => posted.push(message));
  health.become("disk_full", "only 900 bytes are free");
  health.become("disk_full", "only 100 bytes are free");
  health.become("disk_full", "only 100 bytes are free");
  const details = posted.flatMap((message) => (message.kind === "health" ? [message.health.detail] : []));
  expect(details).toEqual(["only 900 bytes are free", "only 100 bytes are free"]);
  expect(posted.filter(({ kind }) => kind === "event")).toHaveLength(1);
  health.become("ok", null);
  health.become("ok", null);
  expect(posted.filter(({ kind }) => kind === "event")).toHaveLength(2);
});
