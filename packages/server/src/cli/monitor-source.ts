import type { UsageTotalJson } from "@kissbot/store";
import type { Origin } from "../config/given-value.js";
import type { UnpricedModel } from "../cost/unpriced-models.js";
import { type ApiClient, ApiUnusable } from "./api-client.js";
import type { CustomMetricRow, PointRow } from "./bot-measurement.js";
import type { BotRow } from "./bot-row.js";
import { CommandError } from "./command-error.js";
import type { EventRow, EventsQuestion } from "./event-row.js";
import type { FleetSource, SeriesQuestion, SourceNote, UsageAnswer, UsageQuestion } from "./fleet-answer.js";
import type { HealthRow } from "./health-row.js";

/** A monitor that answers HTTP. */
export class MonitorSource implements FleetSource {
  readonly note: SourceNote;
  readonly #client: ApiClient;
  /** Whose ids the events had that it told last; null where they have no scope. */
  #eventsScope: string | null = null;

  /** `from`: which setting named it. */
  constructor(client: ApiClient, from?: Origin) {
    this.#client = client;
    this.note = { kind: "monitor", url: client.url, ...(from === undefined ? {} : { from }) };
  }

  async health(): Promise<HealthRow> {
    return (await this.#ask("/healthz")) as unknown as HealthRow;
  }

  async bots(): Promise<readonly BotRow[]> {
    return (await this.#list("/api/v1/bots", "bots")) as BotRow[];
  }

  async usage(question: UsageQuestion): Promise<UsageAnswer> {
    const { fromMs, toMs, by, channel, model, feature, orderBy, top } = question;
    const query = new URLSearchParams({ from: `${fromMs}`, to: `${toMs}`, top: `${top}` });
    if (by.length > 0) query.set("group_by", by.join(","));
    if (channel !== undefined) query.set("channel", channel);
    if (model !== undefined) query.set("model", model);
    if (feature !== undefined) query.set("feature", feature);
    if (orderBy !== undefined) query.set("order_by", orderBy === "costUsd" ? "cost_usd" : orderBy);
    const path = `/api/v1/llm-usage?${query}`;
    const { from, to, usage, unpriced } = await this.#ask(path);
    if (typeof from !== "string" || typeof to !== "string" || !Array.isArray(usage))
      throw new CommandError(`${this.#client.url}${path} answers without from, to or usage`);
    // A monitor of an earlier version has no such list.
    const models = Array.isArray(unpriced) ? (unpriced as UnpricedModel[]) : [];
    return { from, to, usage: usage as UsageTotalJson[], unpriced: models };
  }

  async bot(channel: string): Promise<BotRow | null> {
    return (await this.#askIfThere(botPath(channel))) as BotRow | null;
  }

  async events(question: EventsQuestion) {
    const { statuses, causes, channel, fromMs, toMs, beforeId, afterId, limit } = question;
    const query = new URLSearchParams({ limit: `${limit}` });
    if (channel !== undefined) query.set("channel", channel);
    if (statuses !== undefined) query.set("status", statuses.join(","));
    if (causes !== undefined) query.set("cause", causes.join(","));
    if (fromMs !== undefined) query.set("from", `${fromMs}`);
    if (toMs !== undefined) query.set("to", `${toMs}`);
    if (beforeId !== undefined) query.set("before_id", `${beforeId}`);
    if (afterId !== undefined) query.set("after_id", `${afterId}`);
    const hasIds = beforeId !== undefined || afterId !== undefined;
    if (hasIds && this.#eventsScope !== null) query.set("scope", this.#eventsScope);
    const path = `/api/v1/events?${query}`;
    const answer = await this.#ask(path);
    if (!hasIds) this.#eventsScope = typeof answer["scope"] === "string" ? answer["scope"] : null;
    return listIn(answer, "events", `${this.#client.url}${path}`) as EventRow[];
  }

  async series({ channel, fromMs, toMs }: SeriesQuestion): Promise<readonly PointRow[]> {
    const query = new URLSearchParams({ from: `${fromMs}`, to: `${toMs}` });
    return (await this.#list(`${botPath(channel)}/metrics?${query}`, "points")) as PointRow[];
  }

  async customMetrics(channel: string): Promise<readonly CustomMetricRow[] | null> {
    // A monitor of an earlier version has no such list.
    const answer = await this.#askIfThere(`${botPath(channel)}/metric-names`);
    return Array.isArray(answer?.["metrics"]) ? (answer["metrics"] as CustomMetricRow[]) : null;
  }

  async close(): Promise<void> {}

  async #askIfThere(path: string): Promise<Readonly<Record<string, unknown>> | null> {
    try {
      return await this.#client.json(path);
    } catch (error) {
      if (!(error instanceof ApiUnusable)) throw error;
      if (error.status === 404) return null;
      throw new CommandError(error.message);
    }
  }

  async #list(path: string, name: string): Promise<unknown[]> {
    return listIn(await this.#ask(path), name, `${this.#client.url}${path}`);
  }

  async #ask(path: string): Promise<Readonly<Record<string, unknown>>> {
    try {
      return await this.#client.json(path);
    } catch (error) {
      throw error instanceof ApiUnusable ? new CommandError(error.message) : error;
    }
  }
}

function listIn(answer: Readonly<Record<string, unknown>>, name: string, url: string): unknown[] {
  const list = answer[name];
  if (!Array.isArray(list)) throw new CommandError(`${url} answers without ${name}`);
  return list;
}

function botPath(channel: string): string {
  return `/api/v1/bots/${encodeURIComponent(channel)}`;
}
