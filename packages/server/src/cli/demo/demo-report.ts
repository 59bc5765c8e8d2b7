import type { UsageTotalJson } from "@kissbot/store";
import { type ApiClient, ApiUnusable } from "../api-client.js";
import type { BotRow } from "../bot-row.js";

/** What the demo's monitor knows at a moment. */
export interface DemoReport {
  readonly bots: readonly BotRow[];
  /** What the LLM calls of each channel used; a bot without calls is not in it. */
  readonly usage: ReadonlyMap<string, UsageTotalJson>;
  /** The same of all; null before the first call. */
  readonly total: UsageTotalJson | null;
}

const usagePath = "/api/v1/llm-usage";

/** Null in a moment in which the monitor does not answer: the next one may. */
export async function demoReport(client: ApiClient): Promise<DemoReport | null> {
  try {
    const [{ bots }, groups, all] = await Promise.all([
      client.json("/api/v1/bots"),
      client.json(`${usagePath}?group_by=channel`),
      client.json(usagePath),
    ]);
    if (!Array.isArray(bots)) return null;
    const [total] = totalsIn(all);
    return {
      bots,
      usage: new Map(totalsIn(groups).map((sum) => [sum.channel ?? "", sum])),
      total: total === undefined || total.calls === 0 ? null : total,
    };
  } catch (error) {
    if (error instanceof ApiUnusable) return null;
    throw error;
  }
}

function totalsIn({ usage }: Readonly<Record<string, unknown>>): readonly UsageTotalJson[] {
  return Array.isArray(usage) ? usage : [];
}
