import { Type } from "@sinclair/typebox";
import { Channel, name } from "./name.js";
import { optional } from "./optional.js";
import { Timestamp } from "./quantity.js";

export const CustomMetric = Type.Object(
  {
    type: Type.Literal("custom_metric"),
    channel: Channel,
    metric_name: name("Name of the metric"),
    value: Type.Number({ description: "The value: finite." }),
    ts: optional(Timestamp),
  },
  { description: "One value of a metric of the bot's own." },
);
