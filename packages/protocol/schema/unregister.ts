import { Type } from "@sinclair/typebox";
import { Channel } from "./name.js";
import { optional } from "./optional.js";
import { Pid, Timestamp } from "./quantity.js";

export const Unregister = Type.Object(
  {
    type: Type.Literal("unregister"),
    channel: Channel,
    pid: Pid,
    ts: optional(Timestamp),
  },
  { description: "A bot says goodbye." },
);
