import {
  type UsageOrder,
  type UsageTotal,
  type UsageTotalField,
  usageKeys,
  usageTotalFields,
  usageTotalJson,
} from "@kissbot/store";
import { nullReasons } from "../../cost/null-reason.js";
import { totalsByModel, UnpricedModels, type WhyUnpriced } from "../../cost/unpriced-models.js";
import { definedOf } from "../../defined-members.js";
import { ApiError } from "../api-error.js";
import { type ListMeans, listAnswer } from "../list-body.js";
import {
  choiceParameter,
  choicesParameter,
  integerParameter,
  periodOf,
  stepParameter,
  textParameter,
  timeParameter,
} from "../parameter.js";
import { type Route, routeOf } from "../route.js";
import {
  amountSchema,
  countSchema,
  listSchema,
  objectSchema,
  orNull,
  type Schema,
  textSchema,
  timeSchema,
} from "../schema.js";
import { placeMembers, placeProperties, scopeParameters, withOptional } from "../scope.js";
import type { ScopedStore } from "../scoped-store.js";
import { storeErrors } from "../store-reads.js";
import { timestampFromMs } from "../timestamp.js";

interface Parts {
  readonly scoped: Pick<ScopedStore, "ask">;
  readonly means: ListMeans;
  /** Why calls of a model have no price. */
  readonly whyUnpriced: (model: string) => WhyUnpriced;
}

const dayMs = 86_400_000;
const orders = ["calls", "tokens", "cost_usd", "time"] as const;
const orderOf: Readonly<Record<(typeof orders)[number], UsageOrder>> = {
  calls: "calls",
  tokens: "tokens",
  cost_usd: "costUsd",
  time: "time",
};

const parameters = {
  group_by: choicesParameter(
    usageKeys,
    "What makes a group, separated by commas; one total if not given. Hours or days, not both. Hours are UTC's; days too, without `offset_min`.",
  ),
  from: timeParameter("Start of the period; a day before its end if not given."),
  to: timeParameter("End of the period, not included; now if not given."),
  channel: textParameter("Only this channel."),
  model: textParameter("Only this model."),
  feature: textParameter("Only this feature."),
  order_by: choiceParameter(
    orders,
    "The largest first; time, the oldest first, only by hour or day and then the default; else tokens is.",
  ),
  offset_min: stepParameter(
    { min: -840, max: 840, step: 15 },
    "How many minutes local time is ahead of UTC, where group_by has day: days then begin at its midnight.",
  ),
  top: integerParameter(1, 100_000, "Only so many groups, after ordering; 1000 if not given."),
  ...scopeParameters,
};

function schemaOf({ kind, isNullable, note }: UsageTotalField): Schema {
  const value = kind === "count" ? countSchema : amountSchema;
  return { ...(isNullable ? orNull(value) : value), ...(note === null ? {} : { description: note }) };
}

const schema = objectSchema({
  from: { ...timeSchema, description: "The start of the period that the sums are of, in UTC." },
  to: { ...timeSchema, description: "Its end, not included." },
  group_by: listSchema({ type: "string", enum: usageKeys }),
  usage: listSchema(
    objectSchema({
      channel: orNull(textSchema),
      model: orNull(textSchema),
      feature: orNull(textSchema),
      ts: {
        ...orNull(timeSchema),
        description: "Start of the hour or the day. Like the names, null where it makes no group.",
      },
      ...Object.fromEntries(usageTotalFields.map((field) => [field.name, schemaOf(field)])),
    }),
  ),
  truncated: { type: "boolean", description: "Whether there are more groups than `top`." },
  unpriced: {
    ...listSchema(
      objectSchema({
        model: textSchema,
        provider: { ...orNull(textSchema), description: "As bots name it." },
        reason: {
          ...orNull({ type: "string", enum: Object.keys(nullReasons) }),
          description: "Why it has no price; null where it has one by now.",
        },
        why: orNull({ ...textSchema, description: "The reason for people." }),
        settle: orNull({ ...textSchema, description: "The line of `prices:` that settles it." }),
        tokens: countSchema,
      }),
    ),
    description: "The models of the period whose cost is not known of all tokens: 20, the most tokens first.",
  },
});

/** What the LLM calls came to: sums by group, and beside each sum over how many calls it is. */
export function llmUsageRoute({ scoped, means, whyUnpriced }: Parts): Route {
  return routeOf({
    path: "/api/v1/llm-usage",
    id: "getLlmUsage",
    summary: "Calls, tokens, cost and latency of the LLM calls, in groups",
    parameters,
    schema: withOptional(schema, placeProperties),
    errors: ["not_found", ...storeErrors],
    answer: async ({ query, nowMs }) => {
      const {
        group_by: groupBy = [],
        order_by: order,
        offset_min: offsetMinutes,
        top = 1000,
        from,
        to,
        channel,
        model,
        feature,
        scope,
        host,
      } = query;
      const timed = groupBy.includes("hour") || groupBy.includes("day");
      if (groupBy.includes("hour") && groupBy.includes("day")) {
        throw new ApiError("invalid_parameter", "group_by: expected hour or day, not both");
      }
      if (order === "time" && !timed) {
        throw new ApiError(
          "invalid_parameter",
          "order_by: expected time only where group_by has hour or day",
        );
      }
      if (offsetMinutes !== undefined && !groupBy.includes("day")) {
        throw new ApiError("invalid_parameter", "offset_min: expected only where group_by has day");
      }
      const asked = periodOf({ from, to }, nowMs, dayMs);
      const filter = definedOf({ channel, model, feature });
      const { found: answer, place } = await scoped.ask({ scope, host }, async (reads, assertAsked) => {
        const period = await reads.usagePeriod(asked);
        const found = await reads.usageList({
          ...period,
          ...filter,
          groupBy,
          // Asks for one more, to see whether there are more.
          top: top + 1,
          ...definedOf({ offsetMinutes, orderBy: order && orderOf[order] }),
        });
        assertAsked();
        const isWhole = found.length <= top;
        const models = await totalsByModel(
          reads,
          { ...period, ...filter },
          { groupBy, totals: found, isWhole },
        );
        return { period, found, models };
      });
      const { period, found, models } = answer;
      const [start, end] = [timestampFromMs(period.fromMs), timestampFromMs(period.toMs)];
      const head = `${JSON.stringify({ from: start, to: end, group_by: groupBy }).slice(0, -1)},"usage":[`;
      const unpriced = JSON.stringify((await unpricedOf(models, means)).list(whyUnpriced));
      const tail = `],"truncated":${found.length > top},"unpriced":${unpriced}${placeMembers(place)}}`;
      const encode = (total: UsageTotal) => JSON.stringify(usageTotalJson(total));
      return listAnswer({ head, items: first(found, top), encode, tail }, means);
    },
  });
}

/** Bots choose the names of models, so there may be many: processes them in turns. */
async function unpricedOf(totals: Iterable<UsageTotal>, { turns }: ListMeans): Promise<UnpricedModels> {
  const models = new UnpricedModels();
  let isOver = await turns.nextTurn();
  for (const total of totals) {
    models.add(total);
    if (isOver()) isOver = await turns.nextTurn();
  }
  return models;
}

function* first<T>(items: Iterable<T>, count: number): Generator<T> {
  let left = count;
  for (const item of items) {
    if (left-- <= 0) return;
    yield item;
  }
}
