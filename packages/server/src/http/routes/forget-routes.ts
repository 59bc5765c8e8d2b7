import type { Bot } from "../../registry/bot.js";
import { ApiError } from "../api-error.js";
import { byField, secondsField } from "../body-field.js";
import { type Route, routeOf } from "../route.js";
import { listSchema, objectSchema, textSchema } from "../schema.js";
import { channelParameter, noSuchBot } from "./bot-route.js";

interface Forgotten {
  readonly channels: readonly string[];
  readonly stored: boolean;
}

/** Removes bots from the fleet. */
export interface Forgets {
  /** Null if there is no such bot; the bot if it is online, and stays. */
  one(channel: string, by: string): Promise<Forgotten | Bot | null>;
  ended(forMs: number, by: string): Promise<Forgotten>;
}

const mostSeconds = 3_650 * 86_400;
const oneFields = { by: byField };
const endedFields = {
  ended_s: {
    ...secondsField(
      [0, mostSeconds],
      "Every bot that has not been online for so long: dead, offline or stale since then.",
    ),
    required: true,
  },
  by: byField,
} as const;

const common = { method: "POST", writes: true } as const;
const schema = objectSchema({
  forgotten: { ...listSchema(textSchema), description: "The channels that left the fleet." },
  stored: {
    type: "boolean",
    description:
      "Whether the database knows it. If not, it is told as soon as it can be; a monitor that is killed before knows the bots again.",
  },
});

/** A bot leaves the fleet; its history, measurements and usage stay. */
export function forgetRoutes({ forgets }: { readonly forgets: Forgets }): readonly Route[] {
  return [
    routeOf({
      ...common,
      path: "/api/v1/bots/{channel}/forget",
      id: "forgetBot",
      summary: "Forgets a bot that is not online",
      pathParameters: channelParameter,
      fields: oneFields,
      schema,
      errors: ["not_found", "conflict"],
      answer: async ({ path, fields: { by = unnamed } }) => {
        const done = await forgets.one(path["channel"] ?? "", by);
        if (done === null) throw noSuchBot();
        if (!("channels" in done)) throw isOnline(done);
        return answerOf(done);
      },
    }),
    routeOf({
      ...common,
      path: "/api/v1/forget",
      id: "forgetEndedBots",
      summary: "Forgets all bots that have not been online for long",
      fields: endedFields,
      schema,
      answer: async ({ fields: { ended_s: seconds, by = unnamed } }) => {
        return answerOf(await forgets.ended(seconds * 1_000, by));
      },
    }),
  ];
}

/** Whoever gave no name. */
const unnamed = "an operator";

function answerOf({ channels, stored }: Forgotten) {
  return { kind: "json", value: { forgotten: channels, stored } } as const;
}

function isOnline({ pid }: Bot): ApiError {
  return new ApiError(
    "conflict",
    `the bot is online (pid ${pid}): it would be back at its next heartbeat, as a new bot. Stop it first`,
  );
}
