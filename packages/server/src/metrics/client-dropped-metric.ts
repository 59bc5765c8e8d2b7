import type { PiecePool } from "../byte-pieces.js";
import { Exposition, labelsOf } from "./exposition.js";
import type { MetricSources } from "./metric-sources.js";

/** What bots lost before it reached the monitor, by their own word. */
export class ClientDroppedMetric {
  readonly #sources: Pick<MetricSources, "clientDropped" | "turns">;
  readonly #pool: PiecePool;

  constructor(sources: Pick<MetricSources, "clientDropped" | "turns">, pool: PiecePool) {
    this.#sources = sources;
    this.#pool = pool;
  }

  async text(): Promise<readonly Buffer[]> {
    const { clientDropped, turns } = this.#sources;
    const family = new Exposition(
      {
        name: "kissbot_client_dropped_total",
        type: "counter",
        help: "Usage and metric lines that the bot's client says it lost.",
      },
      this.#pool,
    );
    let isOver = await turns.nextTurn();
    for (const { channel, dropped } of clientDropped()) {
      if (isOver()) isOver = await turns.nextTurn();
      if (dropped > 0) family.add(labelsOf({ channel }), dropped);
    }
    return family.end();
  }
}
