import type { StoredStatusChange } from "@kissbot/store";
import { definedOf } from "../../defined-members.js";
import { botStatuses } from "../../registry/bot.js";
import { causeCodes } from "../../registry/cause-code.js";
import { ApiError } from "../api-error.js";
import { type FleetJson, transitionProperties } from "../fleet-json.js";
import { listAnswer } from "../list-body.js";
import { choicesParameter, integerParameter, textParameter, timeParameter } from "../parameter.js";
import { type Route, routeOf } from "../route.js";
import { listSchema, objectSchema } from "../schema.js";
import { type StoredLists, storeErrors } from "../store-reads.js";

interface Parts extends StoredLists {
  readonly json: Pick<FleetJson, "transition">;
}

const parameters = {
  channel: textParameter("Only this channel."),
  status: choicesParameter(botStatuses, "Only changes to these statuses, separated by commas."),
  to_status: choicesParameter(botStatuses, "Another name of status."),
  from_status: choicesParameter(
    botStatuses,
    "Only changes away from these statuses, separated by commas; so neither a bot's first nor one of trouble.",
  ),
  cause: choicesParameter(causeCodes, "Only changes of these cause_code, separated by commas."),
  from: timeParameter("Only changes at or after this time."),
  to: timeParameter("Only changes before this time."),
  before_id: integerParameter(
    1,
    Number.MAX_SAFE_INTEGER,
    "Only changes with a smaller id: the id of the last one of the page before.",
  ),
  after_id: integerParameter(
    0,
    Number.MAX_SAFE_INTEGER,
    "Only changes with a greater id: what came after a change that is known.",
  ),
  limit: integerParameter(1, 10_000, "At most so many changes; 100 if not given."),
};

/** Every change of a bot's status, newest first. */
export function eventsRoute({ store, json, means }: Parts): Route {
  return routeOf({
    path: "/api/v1/events",
    id: "listEvents",
    summary: "The changes of status, newest first",
    parameters,
    schema: objectSchema({
      events: listSchema(objectSchema({ id: { type: "integer" }, ...transitionProperties })),
    }),
    errors: storeErrors,
    answer: async ({ query }) => {
      const { channel, from, to, before_id: beforeId, after_id: afterId, limit, ...wanted } = query;
      if (from !== undefined && to !== undefined && from >= to) {
        throw new ApiError("invalid_parameter", "from: expected a time before that of to");
      }
      if (wanted.status !== undefined && wanted.to_status !== undefined) {
        throw new ApiError("invalid_parameter", "to_status: expected without status, which is the same");
      }
      const found = await store.ask((reads) =>
        reads.statusHistory(
          definedOf({
            channel,
            to: wanted.status ?? wanted.to_status,
            from: wanted.from_status,
            causes: wanted.cause,
            fromMs: from,
            toMs: to,
            beforeId,
            afterId,
            limit,
          }),
        ),
      );
      const encode = (change: StoredStatusChange) => `{"id":${change.id},${json.transition(change).slice(1)}`;
      return listAnswer({ head: '{"events":[', items: found, encode, tail: "]}" }, means);
    },
  });
}
