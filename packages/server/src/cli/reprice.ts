import { UsageError } from "../config/usage-error.js";
import { type NullReason, nullReasons } from "../cost/null-reason.js";
import { plainText } from "../quoted-text.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { CommandError } from "./command-error.js";
import { ControlClient, nameOfCaller } from "./control-client.js";
import { amountOf, countText } from "./quantity-text.js";
import { wrappedText } from "./text-width.js";
import { timeRangeFrom } from "./time-range.js";

/** What still has no price. */
interface Unpriced {
  readonly model: string;
  readonly provider: string | null;
  readonly reason: NullReason;
  calls: number;
  tokens: number;
}

interface StepAnswer {
  readonly calls: number;
  readonly cost_usd: number;
  readonly unpriced: readonly Unpriced[];
  readonly next: object | null;
}

/**
 * Makes the running monitor price the stored calls whose cost is unknown, step by step. Finished
 * steps survive an interruption, and it can be run again.
 */
export async function runReprice(context: CommandContext, options: Options): Promise<ExitCode> {
  const { terminal } = context;
  if (options["unpricedOnly"] !== true) {
    throw new UsageError(["usage reprice: expected --unpriced-only: known costs never change"]);
  }
  const problems: string[] = [];
  const from = timeRangeFrom(options, context.nowMs(), problems).fromMs ?? 0;
  if (problems.length > 0) throw new UsageError(problems);
  const isDry = options["dryRun"] === true;
  const by = nameOfCaller(options, context.environment);
  const client = await ControlClient.open(context, options);
  let [calls, cost] = [0, 0];
  const unpriced = new Map<string, Unpriced>();
  for (let next: object | null = {}; next !== null; ) {
    const question = { from_ms: Math.floor(from), dry_run: isDry, by, ...next };
    const step = await stepOf(client, question, calls);
    calls += step.calls;
    cost += step.cost_usd;
    for (const one of step.unpriced) {
      const key = JSON.stringify([one.model, one.provider, one.reason]);
      const known = unpriced.get(key);
      if (known === undefined) unpriced.set(key, { ...one });
      else {
        known.calls += one.calls;
        known.tokens += one.tokens;
      }
    }
    next = step.next;
  }
  const left = [...unpriced.values()].sort((a, b) => b.tokens - a.tokens);
  if (options["json"] === true) {
    terminal.printJson({ dry_run: isDry, calls, cost_usd: cost, unpriced: left });
    return exitCodes.ok;
  }
  const verb = isDry ? "would get" : "got";
  terminal.print(`${amountOf(calls, "call")} ${verb} a cost: $${Number(cost.toPrecision(6))} in total.`);
  if (left.length > 0) {
    terminal.print("Still without a price; prices check shows how to settle it:");
    for (const { model, provider, reason, calls: count, tokens } of left) {
      const name = plainText(provider === null ? model : `${model} (${provider})`);
      const line = `  ${name}: ${amountOf(count, "call")}, ${countText(tokens)} tokens: ${nullReasons[reason] ?? reason}`;
      terminal.print(wrappedText(line, terminal.columns, 2));
    }
  }
  return exitCodes.ok;
}

async function stepOf(client: ControlClient, question: object, done: number): Promise<StepAnswer> {
  try {
    return (await client.post("/api/v1/llm-usage/reprice", question)) as unknown as StepAnswer;
  } catch (error) {
    if (!(error instanceof CommandError) || done === 0) throw error;
    throw new CommandError(
      `${error.message}. ${amountOf(done, "call")} were priced before; run it again for the rest`,
    );
  }
}
