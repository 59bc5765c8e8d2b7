import { Type } from "@sinclair/typebox";
import { Channel, Trouble } from "./name.js";
import { optional } from "./optional.js";
import { amount, count, IntervalSeconds, Pid, StartedAt, Timestamp } from "./quantity.js";

export const Heartbeat = Type.Object(
  {
    type: Type.Literal("heartbeat"),
    channel: Channel,
    pid: Pid,
    rss_mb: optional(amount("Resident memory as the bot measured it, in units of 1048576 bytes")),
    cpu_pct: optional(amount("CPU as the bot measured it, in percent of one core")),
    dropped: optional(count("Usage and metric lines that this client lost since its start")),
    started_at: optional(StartedAt),
    interval_s: optional(IntervalSeconds),
    trouble: optional(Trouble),
    ts: optional(Timestamp),
  },
  { description: "A bot says that it is alive." },
);
