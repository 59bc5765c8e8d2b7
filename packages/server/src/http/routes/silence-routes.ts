import type { Silence } from "../../alerts/silence.js";
import { silenceJson, silenceSchema } from "../alert-json.js";
import { ApiError } from "../api-error.js";
import { byField, lineField, linesField, secondsField } from "../body-field.js";
import { type Route, routeOf } from "../route.js";
import { objectSchema } from "../schema.js";

/** What of the alerts can be changed. */
export interface Desk {
  /** Throws a `RangeError` whose message says what is wrong, as `extendSilence` does. */
  addSilence(request: Pick<Silence, "channels" | "rules" | "untilMs" | "by" | "why">): Silence;
  /** Null if no such silence is active. */
  extendSilence(silenceId: string, untilMs: number): Silence | null;
  endSilence(silenceId: string): Silence | null;
  /** Null if no such alert is open. */
  acknowledge(alertId: string, by: string, why: string): object | null;
}

const longestS = 30 * 86_400;
const forField = {
  ...secondsField([1, longestS], "For how long from now, at most 30 days."),
  required: true,
} as const;
const addFields = {
  channels: {
    ...linesField([1, 100], 256, "The bots, as patterns in which `*` stands for any text."),
    required: true,
  },
  rules: linesField([1, 50], 128, "Only these rules, such as `down`; all rules on bots, if not given."),
  for_s: forField,
  by: { ...byField, required: true },
  why: { ...lineField(256, "The reason, which notices repeat."), required: true },
} as const;
const extendFields = { for_s: forField };

const answerSchema = objectSchema({ silence: silenceSchema });
const pathParameters = {
  silence_id: { description: "As `silence_id` names it.", schema: { type: "string", minLength: 1 } },
};

/** Begins, extends and ends silences, which hold back notices. */
export function silenceRoutes({ desk }: { readonly desk: Desk }): readonly Route[] {
  const change = { method: "POST", writes: true } as const;
  const one = (silence: Silence | null, nowMs: number) => {
    if (silence === null) throw noSuchSilence();
    return { kind: "json", value: { silence: silenceJson(silence, nowMs) } } as const;
  };
  return [
    routeOf({
      ...change,
      path: "/api/v1/silences",
      id: "addSilence",
      summary: "Has nothing told of some bots for a time",
      fields: addFields,
      bodyBytes: 65_536,
      schema: answerSchema,
      answer: ({ fields, nowMs }) => {
        const { channels, rules = null, for_s, by, why } = fields;
        const untilMs = nowMs + for_s * 1_000;
        return one(
          orBad(() => desk.addSilence({ channels, rules, untilMs, by, why })),
          nowMs,
        );
      },
    }),
    routeOf({
      ...change,
      path: "/api/v1/silences/{silence_id}/extend",
      id: "extendSilence",
      summary: "Has a silence end so long from now",
      pathParameters,
      fields: extendFields,
      schema: answerSchema,
      errors: ["not_found"],
      answer: ({ path, fields, nowMs }) => {
        const untilMs = nowMs + fields.for_s * 1_000;
        return one(
          orBad(() => desk.extendSilence(path["silence_id"] ?? "", untilMs)),
          nowMs,
        );
      },
    }),
    routeOf({
      ...change,
      path: "/api/v1/silences/{silence_id}/end",
      id: "endSilence",
      summary: "Ends a silence before its time",
      pathParameters,
      fields: {},
      schema: answerSchema,
      errors: ["not_found"],
      answer: ({ path, nowMs }) => one(desk.endSilence(path["silence_id"] ?? ""), nowMs),
    }),
  ];
}

function orBad<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw error instanceof RangeError ? new ApiError("bad_request", error.message, { cause: error }) : error;
  }
}

function noSuchSilence(): ApiError {
  return new ApiError("not_found", "no such silence is active; /api/v1/silences lists those that are");
}
