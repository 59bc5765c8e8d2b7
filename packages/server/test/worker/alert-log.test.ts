import { silentLogger, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import type { NoticeRecord } from "../../src/alerts/alert-records.js";
import { AlertLog } from "../../src/worker/alert-log.js";
import { ScriptedStore } from "./scripted-store.js";

const sending: NoticeRecord = {
  noticeId: "n-1",
  receiver: "ops",
  kind: "news",
  state: "sending",
  madeMs: 1,
  settledMs: null,
  attempts: 0,
  entries: [],
  body: "{}",
  plain: null,
  remoteId: null,
  detail: null,
};

test("the intent of a notice is known as stored until its end is stored, also where the end came first", async () => {
  const scripted = new ScriptedStore();
  const log = new AlertLog({
    store: () => scripted.store,
    logger: silentLogger,
    onFailed: () => undefined,
    producer: "test",
    startedAtMs: 1,
  });
  const stores = async (state: string) => {
    await until("its row is on its way", () => scripted.waiting.length === 1);
    const [write] = scripted.waiting;
    expect(write?.batch.notices).toMatchObject([{ noticeId: "n-1", state }]);
    await write?.answer("applied");
  };
  log.notice(sending);
  expect(log.isStored("n-1")).toBe(false);
  await until("its row is on its way", () => scripted.waiting.length === 1);
  // The store was slow, and the notice was sent all the same.
  log.notice({ ...sending, state: "sent", settledMs: 2 });
  await stores("sending");
  expect(log.isStored("n-1")).toBe(true);
  await stores("sent");
  expect(log.isStored("n-1")).toBe(false);
  await log.finish(1_000);
});
