import type { AlertSettings, ReceiverSettings } from "../config/alert-settings.js";
import { CommandReceiver } from "./command.js";
import { discordReceiver } from "./discord.js";
import type { Receiver } from "./receiver.js";
import { webhookReceiver } from "./signed-webhook.js";
import { slackReceiver } from "./slack.js";

/** The receivers of the config, in its order. What one of them needs to be loaded is loaded here. */
export async function createReceivers({
  receivers,
}: Pick<AlertSettings, "receivers">): Promise<readonly Receiver[]> {
  return receivers.map(createReceiver);
}

function createReceiver(settings: ReceiverSettings): Receiver {
  const { name, target } = settings;
  switch (target.kind) {
    case "discord":
      return discordReceiver(settings, target);
    case "slack":
      return slackReceiver(settings, target);
    case "webhook":
      return webhookReceiver(settings, target);
    case "exec":
      return new CommandReceiver(name, target.command);
  }
}
