import { openStore } from "@kissbot/store";
import { Forwarder } from "../../../store/src/fleet/forwarder.js";
import { PostgresReceiver } from "../../../store/src/fleet/postgres-receiver.js";
import { RowRate } from "../../../store/src/fleet/row-rate.js";
import { SourceTail } from "../../../store/src/sqlite/read/source-tail.js";
import { withDatabase } from "../store/scratch.js";
import { metricAt, usageAt } from "../store/table-rows.js";
import type { Table } from "../table.js";
import type { FleetStage } from "./fleet-stage.js";

const minuteMs = 60_000;
const bots = 200;
const samplesPerMinute = 4;
const batchRows = 1_000;

/** What a row takes in PostgreSQL, sent as it is sent: calls at once, samples once a minute. */
export async function bytesTable(stage: FleetStage, isQuick: boolean): Promise<Table> {
  const minutes = isQuick ? 3 : 120;
  const batches = isQuick ? 5 : 100;
  const url = await stage.schema();
  const link = stage.link(url);
  const { schema } = link.url;
  let nowMs = Date.now();
  await withDatabase(async (path) => {
    const store = await openStore(path);
    const tail = new SourceTail(path);
    const forwarder = new Forwarder(tail, new PostgresReceiver(link, "bench"), {
      backlogRate: new RowRate(1e9, () => nowMs),
      now: () => nowMs,
      monotonicMs: () => nowMs,
      onRejected: (_source, _id, error) => {
        throw error;
      },
    });
    let seq = 0;
    const send = async (rows: object) => {
      await store.write({ producer: "bench", epoch: 1, seq: ++seq, ...rows });
      nowMs += 66_000;
      while (await forwarder.round());
    };
    // From the beginning of a minute, so that each is sent whole, as by a sender that waits for its
    // end.
    const startMs = (Math.floor(Date.now() / minuteMs) - minutes) * minuteMs;
    for (let minute = 0; minute < minutes; minute++) {
      const from = minute * bots * samplesPerMinute;
      const botMetrics = Array.from({ length: bots * samplesPerMinute }, (_, i) =>
        metricAt(from + i, startMs),
      );
      await send({ botMetrics });
    }
    for (let b = 0; b < batches; b++) {
      const llmUsage = Array.from({ length: batchRows }, (_, i) => usageAt(b * batchRows + i, startMs));
      await send({ llmUsage });
    }
    tail.close();
    await store.close();
  });
  const bytesOf = async (table: string) => {
    const sizes = `SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname = '${schema}' AND c.relkind = 'r' AND c.relname LIKE '${table}_%'`;
    const rows = await stage.number(link, `SELECT count(*) FROM ${schema}.${table}`);
    return [rows.toLocaleString("en"), ((await stage.number(link, sizes)) / rows).toFixed(0)];
  };
  return {
    title: "Bytes in a fleet database",
    method:
      "Tables with their indexes, as they are after the last statement, without a vacuum. 200 bots; samples every 15 s, sent at the end of each minute as its sums; calls in statements of 1,000, 9 of 10 with a latency, without a cost.",
    columns: ["row", "rows", "bytes a row"],
    rows: [
      ["call", ...(await bytesOf("llm_usage"))],
      ["minute of a bot", ...(await bytesOf("metric_minutes"))],
      ["hour of a bot", ...(await bytesOf("metric_hours"))],
    ],
  };
}
