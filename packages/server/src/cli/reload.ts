import { UsageError } from "../config/usage-error.js";
import { plainText } from "../quoted-text.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { ControlClient, nameOfCaller } from "./control-client.js";

/**
 * Makes the running monitor read its configuration again. If anything in it is wrong, prints all
 * faults and ends with 2; the monitor keeps what it has.
 */
export async function runReload(context: CommandContext, options: Options): Promise<ExitCode> {
  const client = await ControlClient.open(context, options);
  const by = nameOfCaller(options, context.environment);
  const answer = await client.post("/api/v1/reload", { by });
  const { terminal } = context;
  const texts = (name: string) => (answer[name] as readonly string[]).map(plainText);
  const problems = texts("problems");
  if (options["json"] === true) {
    terminal.printJson(answer);
    return problems.length === 0 ? exitCodes.ok : exitCodes.usage;
  }
  for (const notice of texts("notices")) terminal.note(notice);
  if (problems.length > 0) throw new UsageError([...problems, "nothing was changed"]);
  const [applied, kept] = [texts("applied"), texts("needs_restart")];
  const file = answer["config_file"] as string | null;
  terminal.print(`Read again: ${file === null ? "the settings, without a config file" : plainText(file)}`);
  terminal.print(applied.length === 0 ? "Nothing to apply." : `Applied: ${applied.join(", ")}`);
  if (kept.length > 0) terminal.print(`Needs a restart: ${kept.join(", ")}`);
  return exitCodes.ok;
}
