import { type Bot, botStatuses } from "../../registry/bot.js";
import { ApiError } from "../api-error.js";
import type { FleetJson } from "../fleet-json.js";
import { type ListMeans, listAnswer } from "../list-body.js";
import { choiceParameter, choicesParameter, integerParameter, textParameter } from "../parameter.js";
import { type Route, routeOf } from "../route.js";
import { listSchema, objectSchema } from "../schema.js";
import { indexAfter, type SortedFleet } from "../sorted-fleet.js";
import { worstFirst } from "../worst-first.js";

interface Parts {
  readonly sorted: Pick<SortedFleet, "bots">;
  readonly json: Pick<FleetJson, "bot">;
  readonly means: ListMeans;
}

const parameters = {
  status: choicesParameter(botStatuses, "Only bots of these statuses, separated by commas."),
  limit: integerParameter(1, 1_000_000, "At most so many bots; without it, the whole fleet."),
  after: textParameter("Only channels that sort after this one: the last channel of the page before."),
  order_by: choiceParameter(
    ["channel", "worst"],
    "By channel, which is the default, or the worst first: dead, in a crash loop, stale, in conflict, offline, online. Pages are by channel.",
  ),
};

/** Each bot is as it is at the moment at which its part of the answer is written. */
export function botsRoute({ sorted, json, means }: Parts): Route {
  return routeOf({
    path: "/api/v1/bots",
    id: "listBots",
    summary: "The fleet, sorted by channel",
    parameters,
    schema: objectSchema({ bots: listSchema({ $ref: "#/components/schemas/Bot" }) }),
    answer: async ({ query }) => {
      const { status, limit = Number.POSITIVE_INFINITY, after, ...order } = query;
      const isWorstFirst = order.order_by === "worst";
      if (isWorstFirst && after !== undefined) {
        throw new ApiError(
          "invalid_parameter",
          "after: expected without order_by=worst, as pages are by channel",
        );
      }
      const byChannel = await sorted.bots();
      const bots = isWorstFirst ? worstFirst(byChannel) : byChannel;
      let left = limit;
      function* rest(start: number): Generator<Bot> {
        for (let i = start; i < bots.length && left > 0; i++) yield bots[i] as Bot;
      }
      const encode = (bot: Bot): string | undefined => {
        if (status !== undefined && !status.includes(bot.status)) return undefined;
        left--;
        return json.bot(bot);
      };
      const items = rest(after === undefined ? 0 : indexAfter(bots, after));
      return listAnswer({ head: '{"bots":[', items, encode, tail: "]}" }, means);
    },
  });
}
