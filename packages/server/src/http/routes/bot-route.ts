import type { FleetView } from "../../registry/fleet-view.js";
import { ApiError } from "../api-error.js";
import type { FleetJson } from "../fleet-json.js";
import type { Route } from "../route.js";

interface Parts {
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
 * and usage have routes of their own.
 */
export function botRoute({ fleet, json }: Parts): Route {
  return {
    path: "/api/v1/bots/{channel}",
    id: "getBot",
    summary: "One bot",
    pathParameters: channelParameter,
    schema: { $ref: "#/components/schemas/Bot" },
    errors: ["not_found"],
    answer: ({ path }) => {
      const bot = fleet.get(path["channel"] ?? "");
      if (bot === undefined) throw noSuchBot();
      return { kind: "text", text: json.bot(bot) };
    },
  };
}

export function noSuchBot(): ApiError {
  return new ApiError(
    "not_found",
    "there is no bot of this channel; /api/v1/bots lists those that there are",
  );
}
