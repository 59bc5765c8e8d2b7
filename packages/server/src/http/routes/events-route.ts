import type { StoredStatusChange } from "@kissbot/store";
import { definedOf } from "../../defined-members.js";
import { botStatuses } from "../../registry/bot.js";
import { causeCodes } from "../../registry/cause-code.js";
import { ApiError } from "../api-error.js";
import { type FleetJson, transitionProperties } from "../fleet-json.js";
import { type ListMeans, listAnswer } from "../list-body.js";
import { choicesParameter, integerParameter, textParameter, timeParameter } from "../parameter.js";
import { type Route, routeOf } from "../route.js";
import { listSchema, objectSchema } from "../schema.js";
import {
  type HostsSource,
  hostProperties,
  placeMembers,
  placeProperties,
  scopeParameters,
  withOptional,
} from "../scope.js";
import type { ScopedStore } from "../scoped-store.js";
import { storeErrors } from "../store-reads.js";

interface Parts {
  readonly scoped: Pick<ScopedStore, "ask">;
  readonly hosts: HostsSource | null;
  readonly json: Pick<FleetJson, "transition">;
  readonly means: ListMeans;
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
  ...scopeParameters,
};

/** A change, with the number of its host where it is from the database of several. */
type Event = StoredStatusChange & { readonly hostNo?: number };

/** Every change of a bot's status, newest first. */
export function eventsRoute({ scoped, hosts, json, means }: Parts): Route {
  return routeOf({
    path: "/api/v1/events",
    id: "listEvents",
    summary: "The changes of status, newest first",
    parameters,
    schema: withOptional(
      objectSchema({
        events: listSchema(
          withOptional(objectSchema({ id: { type: "integer" }, ...transitionProperties }), hostProperties),
        ),
      }),
      placeProperties,
    ),
    errors: ["not_found", ...storeErrors],
    answer: async ({ query: { scope, host, ...query } }) => {
      const { channel, from, to, before_id: beforeId, after_id: afterId, limit, ...wanted } = query;
      if (from !== undefined && to !== undefined && from >= to) {
        throw new ApiError("invalid_parameter", "from: expected a time before that of to");
      }
      if (wanted.status !== undefined && wanted.to_status !== undefined) {
        throw new ApiError("invalid_parameter", "to_status: expected without status, which is the same");
      }
      const { found, place } = await scoped.ask(
        { scope, host },
        (reads): Promise<readonly Event[]> =>
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
        { hasIds: beforeId !== undefined || (afterId ?? 0) > 0 },
      );
      const names = new Map(hosts?.picture().hosts.map((one) => [one.hostNo, one]));
      const own = hosts?.own ?? null;
      const hostOf = ({ hostNo }: Event) => (hostNo === undefined ? own : (names.get(hostNo) ?? null));
      const encode = (change: Event) => {
        const text = `{"id":${change.id},${json.transition(change).slice(1)}`;
        const on = place === null ? null : hostOf(change);
        if (on === null) return text;
        return `${text.slice(0, -1)},${JSON.stringify({ host: on.name, host_id: on.hostId }).slice(1)}`;
      };
      return listAnswer(
        { head: '{"events":[', items: found, encode, tail: `]${placeMembers(place)}}` },
        means,
      );
    },
  });
}
