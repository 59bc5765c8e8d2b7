import type { Forgetting } from "@kissbot/store/fleet";
import { quotedText } from "../quoted-text.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { CommandError } from "./command-error.js";
import { fleetUrlOf, onFleet } from "./fleet-address.js";
import { amountOf } from "./quantity-text.js";

/** Hides a host that is gone for good. One that still beats is left as it is. */
export async function runHostsForget(
  context: CommandContext,
  options: Options,
  [host = ""]: readonly string[],
): Promise<ExitCode> {
  const { terminal } = context;
  const url = await fleetUrlOf(context, options);
  const { FleetDatabase } = await import("@kissbot/store/fleet");
  const answer = await onFleet(async () => {
    const database = new FleetDatabase(url);
    try {
      return await database.forget(host);
    } finally {
      database.close();
    }
  });
  if (answer.outcome !== "forgotten") throw new CommandError(reasonOf(host, answer));
  if (options["json"] === true) terminal.printJson({ forgotten: answer.hostId, bots: answer.bots });
  else {
    terminal.print(
      `${quotedText(host)} is forgotten, with ${amountOf(answer.bots, "bot")}. What it sent stays.`,
    );
  }
  return exitCodes.ok;
}

function reasonOf(host: string, answer: Exclude<Forgetting, { readonly outcome: "forgotten" }>): string {
  const name = quotedText(host);
  if (answer.outcome === "unknown") return `no host ${name}; kissbot-monitor hosts lists them`;
  if (answer.outcome === "ambiguous") {
    return `several hosts are called ${name}: name one by its id: ${answer.hostIds.join(", ")}`;
  }
  return `${name} beat ${answer.seenAgoS} s ago: stop its monitor, or take --fleet from it, and wait 30 s`;
}
