import type { EffectiveStatus } from "@kissbot/store/fleet";
import type { OtherBot } from "../../fleet/other-bots.js";
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
 * answered; else the one that is best off, and of several such the one that was heard last.
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
      const others = picture.others.ofChannel(channel);
      const other = bestOff(others.filter(({ hostNo }) => host === null || hostNo === host.hostNo));
      if (scope === "local" || other === undefined) throw noSuchBot();
      return { kind: "text", text: `${otherBotJson(other, nowMs).slice(0, -1)}${place}}` };
    },
  });
}

/** A bot that moved leaves a record behind that nobody changes any more. */
const bestFirst: readonly EffectiveStatus[] = ["online", "stale", "dead", "offline", "unknown"];

function bestOff(bots: readonly OtherBot[]): OtherBot | undefined {
  const rank = ({ status }: OtherBot) => bestFirst.indexOf(status);
  const heardMs = ({ stored, shiftMs }: OtherBot) => stored.lastSeenMs + shiftMs;
  return bots.toSorted((a, b) => rank(a) - rank(b) || heardMs(b) - heardMs(a))[0];
}

export function noSuchBot(): ApiError {
  return new ApiError(
    "not_found",
    "there is no bot of this channel; /api/v1/bots lists those that there are",
  );
}
