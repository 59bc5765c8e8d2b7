import { Type } from "@sinclair/typebox";

export const Pid = Type.Integer({
  description: "Process id: an integer from 1 to 4294967295.",
  minimum: 1,
  maximum: 4294967295,
});

/** A count of things, exact in a double. */
export const count = (description: string) =>
  Type.Integer({
    description: `${description}: an integer from 0 to 9007199254740991.`,
    minimum: 0,
    maximum: 9007199254740991,
  });

export const amount = (description: string) =>
  Type.Number({ description: `${description}: finite, at least 0.`, minimum: 0 });

export const IntervalSeconds = Type.Number({
  description: "How often this bot beats, in seconds: finite, above 0.",
  exclusiveMinimum: 0,
});

export const StartedAt = Type.Number({
  description: "When the process started, in Unix milliseconds: finite.",
});

export const Timestamp = Type.Number({
  description:
    "When it happened, in Unix milliseconds: finite. The monitor believes it within 7 days before and 5 minutes after its own clock, and uses its receive time otherwise.",
});
