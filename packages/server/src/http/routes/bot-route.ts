import type { FleetView } from "../../registry/fleet-view.js";
import { ApiError } from "../api-error.js";
import { botSchema, type FleetJson } from "../fleet-json.js";
import { otherBotJson } from "../other-bot-json.js";
import { type Route, routeOf } from "../route.js";
import {
  assertLocal,
  chooseHosts,
  type HostsSource,
  placeMembers,
  placeOf,
  placeProperties,
  type Scope,
  scopeParameters,
  withOptional,
} from "../scope.js";
import { hostMembers } from "./bots-route.js";

interface Parts {
  /** Null where no fleet database is set. */
  readonly hosts: HostsSource | null;
  readonly defaultScope: Scope;
  readonly fleet: Pick<FleetView, "get">;
  readonly json: Pick<FleetJson, "bot">;
}

export const channelParameter = {
  channel: {
    description: "The channel, percent-encoded: `a/b` is `a%2Fb`.",
    schema: { type: "string", minLength: 1 },
  },
};

/**
 * One bot from memory alone: whether it is alive is answered whatever the store does. Its history
 * and usage have routes of their own. Of a channel that several hosts have, the own one is
 * answered.
 */
export function botRoute({ fleet, json, hosts, defaultScope }: Parts): Route {
  return routeOf({
    path: "/api/v1/bots/{channel}",
    id: "getBot",
    summary: "One bot",
    pathParameters: channelParameter,
    schema: withOptional(botSchema, placeProperties),
    parameters: scopeParameters,
    errors: ["not_found"],
    answer: async ({ path, query, nowMs }) => {
      const channel = path["channel"] ?? "";
      const bot = fleet.get(channel);
      if (hosts === null) {
        assertLocal(query);
        if (bot === undefined) throw noSuchBot();
        return { kind: "text", text: json.bot(bot) };
      }
      const { scope, host, picture } = await chooseHosts(hosts, query, defaultScope);
      const place = placeMembers(placeOf(hosts, scope));
      if (bot !== undefined && (host === null || host.isOwn)) {
        return {
          kind: "text",
          text: `${json.bot(bot).slice(0, -1)}${hostMembers(hosts, bot.status, nowMs)}${place}}`,
        };
      }
      const other = picture.others
        .ofChannel(channel)
        .find(({ hostNo }) => host === null || hostNo === host.hostNo);
      if (scope === "local" || other === undefined) throw noSuchBot();
      return { kind: "text", text: `${otherBotJson(other, nowMs).slice(0, -1)}${place}}` };
    },
  });
}

export function noSuchBot(): ApiError {
  return new ApiError(
    "not_found",
    "there is no bot of this channel; /api/v1/bots lists those that there are",
  );
}
