import type { Silence } from "../../alerts/silence.js";
import { silenceJson, silenceSchema } from "../alert-json.js";
import { ApiError } from "../api-error.js";
import { bodySchemaOf, byField, fieldsOf, lineField, linesField, secondsField } from "../body-field.js";
import { valuesOf } from "../parameter.js";
import { jsonType, type Route } from "../route.js";
import { objectSchema } from "../schema.js";

/** What of the alerts can be changed. */
export interface Desk {
  /** Throws a `RangeError` whose message says what is wrong, as `extendSilence` does. */
  addSilence(request: Pick<Silence, "channels" | "rules" | "untilMs" | "by" | "why">): Silence;
  /** Null where no such silence is active. */
  extendSilence(silenceId: string, untilMs: number): Silence | null;
  endSilence(silenceId: string): Silence | null;
  /** Null where no such alert is open. */
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

/** What begins and ends silences: nothing is told of what they cover. */
export function silenceRoutes({
  desk,
  nowMs,
}: {
  readonly desk: Desk;
  readonly nowMs: () => number;
}): readonly Route[] {
  const change = { method: "POST", parameters: {}, writes: true, contentType: jsonType } as const;
  const one = (silence: Silence | null) => {
    if (silence === null) throw noSuchSilence();
    return { kind: "json", value: { silence: silenceJson(silence, nowMs()) } } as const;
  };
  return [
    {
      ...change,
      path: "/api/v1/silences",
      id: "addSilence",
      summary: "Has nothing told of some bots for a time",
      body: bodySchemaOf(addFields),
      bodyBytes: 65_536,
      schema: answerSchema,
      errors: [],
      answer: ({ query, body }) => {
        valuesOf(query, {}, 0);
        const { channels, rules = null, for_s, by, why } = fieldsOf(body, addFields);
        const untilMs = nowMs() + for_s * 1_000;
        return one(orBad(() => desk.addSilence({ channels, rules, untilMs, by, why })));
      },
    },
    {
      ...change,
      path: "/api/v1/silences/{silence_id}/extend",
      id: "extendSilence",
      summary: "Has a silence end so long from now",
      pathParameters,
      body: bodySchemaOf(extendFields),
      schema: answerSchema,
      errors: ["not_found"],
      answer: ({ path, query, body }) => {
        valuesOf(query, {}, 0);
        const { for_s } = fieldsOf(body, extendFields);
        const untilMs = nowMs() + for_s * 1_000;
        return one(orBad(() => desk.extendSilence(path["silence_id"] ?? "", untilMs)));
      },
    },
    {
      ...change,
      path: "/api/v1/silences/{silence_id}/end",
      id: "endSilence",
      summary: "Ends a silence before its time",
      pathParameters,
      body: bodySchemaOf({}),
      schema: answerSchema,
      errors: ["not_found"],
      answer: ({ path, query, body }) => {
        valuesOf(query, {}, 0);
        fieldsOf(body, {});
        return one(desk.endSilence(path["silence_id"] ?? ""));
      },
    },
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
