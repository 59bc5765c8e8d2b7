import assert from "node:assert/strict";
import type { Store } from "../src/store.js";
import { contractCase, startMs } from "./contract-case.js";
import { refuses } from "./refusal.js";
import { batches, sampleAlert, sampleNotice, sampleSilence, sampleTell } from "./sample.js";

const day = 86_400_000;
const closed = { closedMs: startMs + 60_000, outcome: "over" };
const openIds = async (store: Store) => (await store.openAlerts()).alerts.map(({ alertId }) => alertId);

export const alertCases = [
  contractCase("alerts: each has one row, which its newest word changes", async (store) => {
    const next = batches();
    await store.write(next({ alerts: [sampleAlert()], tells: [sampleTell()] }));
    assert.deepEqual(await store.openAlerts(), {
      alerts: [sampleAlert()],
      tells: [sampleTell()],
      notices: [],
    });
    const ended = sampleAlert({ ...closed, ackJson: '{"by":"ops"}' });
    await store.write(next({ alerts: [ended], tells: [sampleTell({ phase: "over", noticeId: "n-2" })] }));
    assert.deepEqual(await store.openAlerts(), { alerts: [], tells: [], notices: [] });
    assert.deepEqual(await store.alertHistory(), {
      alerts: [ended],
      tells: [sampleTell({ phase: "over", noticeId: "n-2" })],
    });
  }),

  contractCase(
    "alerts: one that ended is still to be done as long as a receiver knows it or a notice is on its way",
    async (store) => {
      const next = batches();
      const alerts = ["a-1", "a-2", "a-3", "a-4"].map((alertId) =>
        sampleAlert({ ...closed, alertId, subject: alertId }),
      );
      const tells = [
        sampleTell({ alertId: "a-1", phase: "maybe" }),
        sampleTell({ alertId: "a-2", phase: "over" }),
      ];
      const itemsJson = '[{"alert_id":"a-3"},7,{"alert_id":null},"a-4"]';
      await store.write(next({ alerts, tells, notices: [sampleNotice({ itemsJson })] }));
      assert.deepEqual(await openIds(store), ["a-1", "a-3"]);
      const { tells: known, notices } = await store.openAlerts();
      assert.deepEqual(known, [tells[0]]);
      assert.deepEqual(notices, [sampleNotice({ itemsJson })]);
      await store.write(
        next({
          tells: [sampleTell({ alertId: "a-1", phase: "over" })],
          notices: [sampleNotice({ itemsJson, state: "sent", settledMs: startMs })],
        }),
      );
      assert.deepEqual(await openIds(store), []);
    },
  ),

  contractCase("alerts: at most one of a rule is open on a subject, the newest", async (store) => {
    const next = batches();
    await store.write(next({ alerts: [sampleAlert(), sampleAlert({ alertId: "a-2", rule: "trouble" })] }));
    await store.write(next({ alerts: [sampleAlert({ alertId: "a-3", openedMs: startMs + 5 })] }));
    assert.deepEqual(await openIds(store), ["a-2", "a-3"]);
    const { alerts } = await store.alertHistory({ alertId: "a-1" });
    assert.deepEqual(alerts, [sampleAlert({ closedMs: startMs + 5, outcome: "superseded" })]);
  }),

  contractCase("alerts: the history has pages, and is asked by bot, rule and time", async (store) => {
    const alerts = Array.from({ length: 25 }, (_, i) =>
      sampleAlert({
        ...closed,
        alertId: `a-${String(i).padStart(2, "0")}`,
        subject: i % 2 === 0 ? "a" : "b",
        rule: i % 3 === 0 ? "trouble" : "down",
        openedMs: startMs + Math.floor(i / 2),
        closedMs: startMs + i,
      }),
    );
    await store.write(batches()({ alerts }));
    const found: string[] = [];
    let after: { openedMs: number; alertId: string } | undefined;
    for (;;) {
      const query = { limit: 4, ...(after === undefined ? {} : { after }) };
      const page = (await store.alertHistory(query)).alerts;
      found.push(...page.map(({ alertId }) => alertId));
      const last = page.at(-1);
      if (last === undefined) break;
      after = last;
    }
    assert.deepEqual(found, alerts.map(({ alertId }) => alertId).reverse());
    const count = async (query: Parameters<Store["alertHistory"]>[0]) =>
      (await store.alertHistory(query)).alerts.length;
    assert.equal(await count({ subject: "a" }), 13);
    assert.equal(await count({ rule: "trouble" }), 9);
    assert.equal(await count({ fromMs: startMs + 10 }), 5);
    assert.equal(await count({ toMs: startMs + 10 }), 20);
    assert.equal(await count({ closedFromMs: startMs + 20 }), 5);
  }),

  contractCase("notices: each has one row, and they are found by receiver and alert", async (store) => {
    const next = batches();
    await store.write(
      next({ notices: [sampleNotice(), sampleNotice({ noticeId: "n-2", receiver: "mail" })] }),
    );
    const sent = sampleNotice({
      state: "sent",
      settledMs: startMs + 9,
      attempts: 2,
      plain: "DOWN",
      remoteId: "r-1",
      detail: "204",
    });
    await store.write(next({ notices: [sent, sampleNotice({ noticeId: "n-3", itemsJson: "[]" })] }));
    const ids = async (query: Parameters<Store["notices"]>[0]) =>
      (await store.notices(query)).map(({ noticeId }) => noticeId);
    assert.deepEqual((await store.notices()).at(-1), sent);
    assert.deepEqual(await ids({}), ["n-3", "n-2", "n-1"]);
    assert.deepEqual(await ids({ receiver: "ops" }), ["n-3", "n-1"]);
    assert.deepEqual(await ids({ alertId: "a-1" }), ["n-2", "n-1"]);
    assert.deepEqual(await ids({ limit: 1, after: { madeMs: startMs, noticeId: "n-3" } }), ["n-2"]);
    assert.deepEqual(await ids({ fromMs: startMs + 1 }), []);
    assert.deepEqual(await ids({ toMs: startMs }), []);
  }),

  contractCase("silences and facts: the newest word counts", async (store) => {
    const next = batches();
    await store.write(next({ silences: [sampleSilence()], facts: [{ name: "boot_id", value: "1" }] }));
    const ended = sampleSilence({ endedMs: startMs + 1 });
    await store.write(next({ silences: [ended], facts: [{ name: "boot_id", value: "2" }] }));
    assert.deepEqual(await store.silences(), [ended]);
    assert.deepEqual(await store.silences({ fromMs: startMs + 3_600_000 }), [ended]);
    assert.deepEqual(await store.silences({ fromMs: startMs + 3_600_001 }), []);
    assert.deepEqual([...(await store.facts())], [["boot_id", "2"]]);
  }),

  contractCase(
    "maintain: alerts that ended go with what is known of them, settled notices and silences go; what is open stays",
    async (store, { clock }) => {
      const old = startMs - 401 * day;
      await store.write(
        batches()({
          alerts: [
            sampleAlert({ openedMs: old, sinceMs: old }),
            sampleAlert({ alertId: "a-2", openedMs: old, closedMs: old }),
            sampleAlert({ alertId: "a-3", openedMs: old, closedMs: startMs - 399 * day }),
          ],
          tells: [sampleTell(), sampleTell({ alertId: "a-2", phase: "over" })],
          notices: [
            sampleNotice({ madeMs: old }),
            sampleNotice({ noticeId: "n-2", madeMs: old, settledMs: old, state: "sent" }),
          ],
          silences: [sampleSilence({ fromMs: old, untilMs: old }), sampleSilence({ silenceId: "s-2" })],
        }),
      );
      clock.nowMs = startMs;
      const { alerts, notices, silences } = (await store.maintain()).deleted;
      assert.deepEqual({ alerts, notices, silences }, { alerts: 1, notices: 1, silences: 1 });
      const left = await store.alertHistory();
      assert.deepEqual(left.alerts.map(({ alertId }) => alertId).sort(), ["a-1", "a-3"]);
      assert.deepEqual(left.tells, [sampleTell()]);
      assert.deepEqual(
        (await store.notices()).map(({ noticeId }) => noticeId),
        ["n-1"],
      );
      assert.deepEqual(
        (await store.silences()).map(({ silenceId }) => silenceId),
        ["s-2"],
      );
      const again = (await store.maintain()).deleted;
      assert.deepEqual([again.alerts, again.notices, again.silences], [0, 0, 0]);
    },
  ),

  contractCase("alerts: a bad question is refused", async (store) => {
    await refuses("invalid_query", store.alertHistory({ limit: 0 }));
    await refuses("invalid_query", store.alertHistory({ fromMs: -1 }));
    await refuses("invalid_query", store.alertHistory({ after: { openedMs: 1 } as never }));
    await refuses("invalid_query", store.notices({ limit: 1_001 }));
    await refuses("invalid_query", store.notices({ receiver: 7 as never }));
    await refuses("invalid_query", store.silences({ fromMs: Number.NaN }));
  }),
];
