import type { Bot } from "../../registry/bot.js";
import { ApiError } from "../api-error.js";
import { bodySchemaOf, byField, fieldsOf, secondsField } from "../body-field.js";
import { valuesOf } from "../parameter.js";
import { jsonType, type Route } from "../route.js";
import { listSchema, objectSchema, textSchema } from "../schema.js";
import { channelParameter, noSuchBot } from "./bot-route.js";

interface Forgotten {
  readonly channels: readonly string[];
  readonly stored: boolean;
}

/** Removes bots from the fleet. */
export interface Forgets {
  /** Null where there is no such bot; the bot where it is online, and stays. */
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

const common = { method: "POST", parameters: {}, writes: true, contentType: jsonType } as const;
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
    {
      ...common,
      path: "/api/v1/bots/{channel}/forget",
      id: "forgetBot",
      summary: "Forgets a bot that is not online",
      pathParameters: channelParameter,
      body: bodySchemaOf(oneFields),
      schema,
      errors: ["not_found", "conflict"],
      answer: async ({ path, query, body }) => {
        valuesOf(query, {}, 0);
        const { by = unnamed } = fieldsOf(body, oneFields);
        const done = await forgets.one(path["channel"] ?? "", by);
        if (done === null) throw noSuchBot();
        if (!("channels" in done)) throw isOnline(done);
        return answerOf(done);
      },
    },
    {
      ...common,
      path: "/api/v1/forget",
      id: "forgetEndedBots",
      summary: "Forgets all bots that have not been online for long",
      body: bodySchemaOf(endedFields),
      schema,
      errors: [],
      answer: async ({ query, body }) => {
        valuesOf(query, {}, 0);
        const { ended_s: seconds, by = unnamed } = fieldsOf(body, endedFields);
        return answerOf(await forgets.ended(seconds * 1_000, by));
      },
    },
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
