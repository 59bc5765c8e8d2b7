import type { Answer, RenderedNotice } from "../alerts/receiver-door.js";
import { loadSettings } from "../config/load-settings.js";
import { nearestName } from "../config/nearest-name.js";
import { UsageError } from "../config/usage-error.js";
import { createReceivers } from "../notices/create-receivers.js";
import type { Receiver } from "../notices/receiver.js";
import { type SampleKind, sampleNotice } from "../notices/sample-notice.js";
import { quotedText, safeJson } from "../quoted-text.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { flagsFrom } from "./setting-option.js";

/** What became of one test notice. */
interface TestResult {
  readonly receiver: string;
  readonly kind: string;
  readonly noticeId: string;
  readonly answer: Answer;
  readonly ms: number;
  /** Whether it was refused, and sent once more as bare text. */
  readonly plain: boolean;
  readonly itemsLeftOut: number;
}

/**
 * Sends a test notice to the receivers of the config, in this process: a running monitor learns
 * nothing of it.
 */
export async function runAlertsTest(
  { terminal, environment, nowMs }: CommandContext,
  options: Options,
  [name]: readonly string[],
): Promise<ExitCode> {
  const { settings, notices } = await loadSettings(flagsFrom(options), environment, {
    serving: false,
    secrets: "noticed",
  });
  for (const notice of notices) terminal.note(notice);
  const receivers = chosen(await createReceivers(settings.alerts), name);
  const as = (options["as"] ?? null) as SampleKind | null;
  const rendered = receivers.map((receiver): [Receiver, RenderedNotice] => {
    const { displayName: monitor, publicUrl: pageUrl, timezone } = settings;
    const about = { as, monitor, pageUrl, timezone, receiver: receiver.name, nowMs: nowMs() };
    return [receiver, receiver.render(sampleNotice(about))];
  });
  if (options["dryRun"] === true) {
    for (const [{ name: receiver, kind }, { body }] of rendered) {
      if (options["json"] === true) terminal.printJson({ receiver, kind, body });
      else terminal.print(`${receiver} (${kind}), ${Buffer.byteLength(body)} bytes:\n${safeJson(body)}`);
    }
    return exitCodes.ok;
  }
  const results = await Promise.all(rendered.map((pair) => sent(...pair)));
  if (options["json"] === true) terminal.printJson({ receivers: results.map(resultJson) });
  else for (const result of results) terminal.print(resultText(result));
  return results.every(({ answer }) => answer.kind === "delivered") ? exitCodes.ok : exitCodes.problem;
}

function chosen(receivers: readonly Receiver[], name: string | undefined): readonly Receiver[] {
  if (receivers.length === 0) {
    throw new UsageError(["no receiver is set: set KISSBOT_MONITOR_ALERT_URL=https://…"]);
  }
  if (name === undefined) return receivers;
  const found = receivers.filter((receiver) => receiver.name === name);
  if (found.length > 0) return found;
  const names = receivers.map((receiver) => receiver.name);
  const near = nearestName(name, names);
  const advice = near === undefined ? `there are ${names.join(", ")}` : `did you mean ${near}?`;
  throw new UsageError([`there is no receiver ${quotedText(name)}: ${advice}`]);
}

async function sent(receiver: Receiver, rendered: RenderedNotice): Promise<TestResult> {
  const { signal } = new AbortController();
  const startedMs = performance.now();
  const first = await receiver.send(rendered, signal);
  const { plain } = rendered;
  const again = first.kind === "unfit" && plain !== null;
  const answer = again ? await receiver.send({ ...rendered, body: plain, plain: null }, signal) : first;
  return {
    receiver: receiver.name,
    kind: receiver.kind,
    noticeId: rendered.noticeId,
    answer,
    ms: Math.round(performance.now() - startedMs),
    plain: again,
    itemsLeftOut: leftOutOf(rendered),
  };
}

/** What a body says of its own cuts. */
function leftOutOf({ body }: RenderedNotice): number {
  const [, count] =
    /"items_left_out":(\d+)/.exec(body) ?? /and (\d+) more: kissbot-monitor alerts/.exec(body) ?? [];
  return Number(count ?? 0);
}

const words: Readonly<Record<Answer["kind"], string>> = {
  delivered: "delivered",
  refused: "refused",
  in_doubt: "in doubt, perhaps taken",
  broken: "refused: the address or the secret is wrong",
  unfit: "refused: it cannot read the notice",
};

function resultText({ receiver, kind, noticeId, answer, ms, plain, itemsLeftOut }: TestResult): string {
  const detail = detailOf(answer);
  const remote = answer.kind === "delivered" && answer.remoteId !== null ? `, there ${answer.remoteId}` : "";
  return [
    `${receiver} (${kind}): ${words[answer.kind]} (${detail}) after ${ms} ms`,
    `  id ${noticeId}${remote}`,
    ...(plain ? ["  the first form was refused (400); this is the bare text"] : []),
    ...(itemsLeftOut > 0 ? [`  cut: ${itemsLeftOut} items are only counted`] : []),
  ].join("\n");
}

function resultJson({ receiver, kind, noticeId, answer, ms, plain, itemsLeftOut }: TestResult): object {
  return {
    receiver,
    kind,
    notice_id: noticeId,
    outcome: answer.kind,
    detail: detailOf(answer),
    remote_id: answer.kind === "delivered" ? answer.remoteId : null,
    duration_ms: ms,
    sent_as_plain_text: plain,
    items_left_out: itemsLeftOut,
  };
}

function detailOf(answer: Answer): string {
  if (answer.kind === "delivered") return answer.status;
  const after = answer.kind === "refused" && answer.retryAfterMs !== null ? answer.retryAfterMs : null;
  return after === null ? answer.detail : `${answer.detail}; again in ${Math.ceil(after / 1_000)} s`;
}
