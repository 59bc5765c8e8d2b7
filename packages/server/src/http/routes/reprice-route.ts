import type { UsageCursor } from "@kissbot/store";
import { type NullReason, nullReasons } from "../../cost/null-reason.js";
import { ApiError } from "../api-error.js";
import { type BodyField, byField } from "../body-field.js";
import { type Route, routeOf } from "../route.js";
import { amountSchema, countSchema, listSchema, objectSchema, orNull, textSchema } from "../schema.js";
import { apiErrorOf } from "../store-reads.js";

/** Prices stored calls whose cost is unknown, step by step. */
export interface Reprices {
  /** Why nothing may be priced but for a look; null where it may. */
  readonly refusal: string | null;
  /** Null if no store is open, or prices are not read yet. */
  repriceStep(question: {
    readonly fromMs: number;
    readonly after: UsageCursor | null;
    readonly isDry: boolean;
    readonly by: string;
  }): Promise<{
    readonly calls: number;
    readonly costUsd: number;
    readonly unpriced: readonly {
      readonly model: string;
      readonly provider: string | null;
      readonly reason: NullReason;
      readonly calls: number;
      readonly tokens: number;
    }[];
    readonly next: UsageCursor | null;
  } | null>;
}

function countField(description: string): BodyField<number> {
  return {
    description,
    schema: { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
    expected: "an integer of 0 or more",
    read: (value) => (Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined),
  };
}

const fields = {
  from_ms: countField("Only calls at or after this time, in Unix milliseconds; all if not given."),
  dry_run: {
    description: "Whether to say only what would be done.",
    schema: { type: "boolean" },
    expected: "true or false",
    read: (value: unknown) => (typeof value === "boolean" ? value : undefined),
  },
  after_id: countField("With last_id: next of the step before."),
  last_id: countField("With after_id: next of the step before."),
  by: byField,
};

const schema = objectSchema({
  calls: { ...countSchema, description: "Calls that have a cost now, or would have." },
  cost_usd: amountSchema,
  unpriced: {
    ...listSchema(
      objectSchema({
        model: textSchema,
        provider: orNull(textSchema),
        reason: { type: "string", enum: Object.keys(nullReasons) },
        calls: countSchema,
        tokens: countSchema,
      }),
    ),
    description: "What still has no price.",
  },
  next: {
    anyOf: [objectSchema({ after_id: countSchema, last_id: countSchema }), { type: "null" }],
    description: "What to ask with for the next step; null where this was the last.",
  },
});

/** Prices stored calls of unknown cost by the present prices. */
export function repriceRoute({ reprices }: { readonly reprices: Reprices }): Route {
  return routeOf({
    method: "POST",
    writes: true,
    path: "/api/v1/llm-usage/reprice",
    id: "repriceUsage",
    summary: "Prices stored calls whose cost is unknown, a thousand calls a step",
    fields,
    schema,
    errors: ["conflict", "store_not_open", "store_unavailable"],
    answer: async ({ fields }) => {
      const { from_ms: fromMs = 0, dry_run: isDry = false, by = "an operator" } = fields;
      const { after_id: afterId, last_id: lastId } = fields;
      if ((afterId === undefined) !== (lastId === undefined))
        throw new ApiError("bad_request", "after_id, last_id: expected both or none");
      if (!isDry && reprices.refusal !== null) throw new ApiError("conflict", reprices.refusal);
      const after = afterId === undefined || lastId === undefined ? null : { afterId, lastId };
      const step = await reprices.repriceStep({ fromMs, after, isDry, by }).catch((error: unknown) => {
        throw apiErrorOf(error);
      });
      if (step === null) throw new ApiError("store_not_open", "the store is not open; /healthz says why");
      const { calls, costUsd, unpriced, next } = step;
      return {
        kind: "json",
        value: {
          calls,
          cost_usd: costUsd,
          unpriced,
          next: next === null ? null : { after_id: next.afterId, last_id: next.lastId },
        },
      };
    },
  });
}
