import type { PiecePool } from "../byte-pieces.js";
import { type Bot, restartReasons } from "../registry/bot.js";
import { Exposition, labelsOf } from "./exposition.js";
import type { MetricSources } from "./metric-sources.js";

const dayMs = 86_400_000;
const bytesPerMb = 1_048_576;

/** A sum over those whose part is known; null where none is. */
class KnownSum {
  value: number | null = null;

  /** `sharers`: how many add the same, which counts once. */
  add(amount: number | null, sharers: number): void {
    if (amount === null || !Number.isFinite(amount)) return;
    this.value = (this.value ?? 0) + amount / sharers;
  }
}

/**
 * One line per bot and metric, bounded by the fleet. Bots that are `stale` or `dead` stay, as they
 * must page somebody; those that said goodbye leave, and those that are dead for a day, as by then
 * it is known.
 */
export class BotMetrics {
  readonly #sources: Pick<MetricSources, "clock" | "fleet" | "turns">;
  readonly #pool: PiecePool;
  /**
   * The labels of the bots in the fleet's order, which rarely changes: no map has to be asked for
   * each of them (measured: `pnpm bench ablation`, `kept-labels`).
   */
  readonly #labelled: { readonly bot: Bot; readonly labels: string }[] = [];

  constructor(sources: Pick<MetricSources, "clock" | "fleet" | "turns">, pool: PiecePool) {
    this.#sources = sources;
    this.#pool = pool;
  }

  async text(): Promise<readonly Buffer[]> {
    const { clock, fleet, turns } = this.#sources;
    const up = new Exposition(
      {
        name: "kissbot_bot_up",
        type: "gauge",
        help: "1 while the bot is online, 0 while it is stale or dead.",
      },
      this.#pool,
    );
    const cpu = new Exposition(
      {
        name: "kissbot_bot_cpu_ratio",
        type: "gauge",
        help: "CPU that the bot's process takes, 1 is one core.",
      },
      this.#pool,
    );
    const memory = new Exposition(
      {
        name: "kissbot_bot_resident_memory_bytes",
        type: "gauge",
        help: "Resident memory of the bot's process.",
      },
      this.#pool,
    );
    const age = new Exposition(
      {
        name: "kissbot_bot_heartbeat_age_seconds",
        type: "gauge",
        help: "How long ago the bot was last heard.",
      },
      this.#pool,
    );
    const loop = new Exposition(
      {
        name: "kissbot_bot_crash_loop",
        type: "gauge",
        help: "1 while the bot is in a crash loop: at least three crashes within 10 minutes, and the last one not 10 minutes ago.",
      },
      this.#pool,
    );
    const trouble = new Exposition(
      {
        name: "kissbot_bot_trouble",
        type: "gauge",
        help: "1 while the bot says that it is alive and does not work.",
      },
      this.#pool,
    );
    const restarts = new Exposition(
      {
        name: "kissbot_bot_restarts_total",
        type: "counter",
        help: "Ends of the bot's processes without a goodbye (crash), and new processes after a goodbye or beside one that lives (goodbye, take_over).",
      },
      this.#pool,
    );
    const allCpu = new Exposition(
      {
        name: "kissbot_fleet_cpu_ratio",
        type: "gauge",
        help: "CPU that the processes of all bots take, 1 is one core. A process of several bots counts once.",
      },
      this.#pool,
    );
    const allMemory = new Exposition(
      {
        name: "kissbot_fleet_resident_memory_bytes",
        type: "gauge",
        help: "Resident memory of the processes of all bots. A process of several bots counts once.",
      },
      this.#pool,
    );
    const cpuSum = new KnownSum();
    const memorySum = new KnownSum();
    const nowMs = clock.wallMs();
    let isOver = await turns.nextTurn();
    const all = [...fleet.bots()];
    this.#labelled.length = Math.min(this.#labelled.length, all.length);
    for (const [i, bot] of all.entries()) {
      if (isOver()) isOver = await turns.nextTurn();
      if (bot.status === "offline") continue;
      const isDead = bot.status === "dead";
      if (isDead && nowMs - bot.statusSinceMs > dayMs) continue;
      const labels = this.#labelsOf(bot, i);
      up.add(labels, bot.status === "online" ? 1 : 0);
      // Of a process that is gone there is nothing to measure.
      const cores = isDead || bot.cpuPct === null ? null : bot.cpuPct / 100;
      const bytes = isDead || bot.rssMb === null ? null : Math.round(bot.rssMb * bytesPerMb);
      cpu.add(labels, cores);
      memory.add(labels, bytes);
      const bots = fleet.botsOfProcess(bot.channel);
      cpuSum.add(cores, bots);
      memorySum.add(bytes, bots);
      age.add(labels, fleet.heartbeatAgeS(bot));
      loop.add(labels, bot.crashLoop ? 1 : 0);
      trouble.add(labels, bot.trouble === null ? 0 : 1);
      const { crash, goodbye, take_over } = bot.restartsBy;
      if (crash + goodbye + take_over === 0) continue;
      for (const reason of restartReasons) {
        restarts.add(`${labels.slice(0, -1)},reason="${reason}"}`, bot.restartsBy[reason]);
      }
    }
    allCpu.add("", cpuSum.value);
    allMemory.add("", memorySum.value === null ? null : Math.round(memorySum.value));
    const families = [up, cpu, memory, age, loop, trouble, restarts, allCpu, allMemory];
    return families.flatMap((family) => family.end());
  }

  #labelsOf(bot: Bot, place: number): string {
    const known = this.#labelled[place];
    if (known?.bot === bot) return known.labels;
    const labels = labelsOf({ channel: bot.channel });
    this.#labelled[place] = { bot, labels };
    return labels;
  }
}
