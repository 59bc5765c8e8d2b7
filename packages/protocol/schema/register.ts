import { Type } from "@sinclair/typebox";
import { Channel, Features, name, Trouble } from "./name.js";
import { optional } from "./optional.js";
import { IntervalSeconds, Pid, StartedAt, Timestamp } from "./quantity.js";

export const Register = Type.Object(
  {
    type: Type.Literal("register"),
    channel: Channel,
    pid: Pid,
    features: optional(Features),
    version: optional(name("Version of the bot")),
    started_at: optional(StartedAt),
    interval_s: optional(IntervalSeconds),
    trouble: optional(Trouble),
    ts: optional(Timestamp),
  },
  { description: "A bot says that it is there. The first message of every connection." },
);
