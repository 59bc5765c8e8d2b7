import type { createTransport } from "nodemailer";
import type { AlertSettings, ReceiverSettings } from "../config/alert-settings.js";
import { CommandReceiver } from "./command.js";
import { discordReceiver } from "./discord.js";
import { MailReceiver } from "./mail.js";
import { ntfyReceiver } from "./ntfy.js";
import { PagerDutyReceiver } from "./pagerduty.js";
import type { Receiver } from "./receiver.js";
import { webhookReceiver } from "./signed-webhook.js";
import { slackReceiver } from "./slack.js";
import { telegramReceiver } from "./telegram.js";

/**
 * The receivers of the config, in its order. What one of them needs to be loaded is loaded here,
 * which holds the event loop for tens of milliseconds: a start calls it before a socket listens; a
 * reload pays for it only if mail is new.
 */
export async function createReceivers({
  receivers,
}: Pick<AlertSettings, "receivers">): Promise<readonly Receiver[]> {
  const sendsMail = receivers.some(({ target }) => target.kind === "mail");
  const mailer = sendsMail ? (await import("nodemailer")).createTransport : null;
  return receivers.map((settings) => createReceiver(settings, mailer));
}

function createReceiver(settings: ReceiverSettings, mailer: typeof createTransport | null): Receiver {
  const { name, target } = settings;
  switch (target.kind) {
    case "discord":
      return discordReceiver(settings, target);
    case "slack":
      return slackReceiver(settings, target);
    case "webhook":
      return webhookReceiver(settings, target);
    case "exec":
      return new CommandReceiver(name, target);
    case "telegram":
      return telegramReceiver(settings, target);
    case "ntfy":
      return ntfyReceiver(settings, target);
    case "pagerduty":
      return new PagerDutyReceiver(settings, target);
    case "mail":
      return new MailReceiver(settings, target, mailer as typeof createTransport);
  }
}
