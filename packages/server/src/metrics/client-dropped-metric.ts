import type { PiecePool } from "../byte-pieces.js";
import { Exposition, labelsOf } from "./exposition.js";
import { LabelPlaces, other } from "./label-places.js";
import type { MetricSources } from "./metric-sources.js";

const maxLabelSets = 2_000;

/**
 * What bots lost before it reached the monitor, by their own word. Those that lost nothing take no
 * place.
 */
export class ClientDroppedMetric {
  readonly #sources: Pick<MetricSources, "clientDropped" | "turns">;
  readonly #pool: PiecePool;
  readonly #places = new LabelPlaces(maxLabelSets);

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
    const counts = [...clientDropped()].filter(({ dropped }) => dropped > 0);
    await this.#places.release(
      counts.map(({ channel }) => ({ channel })),
      turns,
    );
    let rest = 0;
    let isOver = await turns.take();
    for (const { channel, dropped } of counts) {
      if (isOver()) isOver = await turns.take();
      const place = this.#places.placeOf({ channel });
      if (place === undefined) rest += dropped;
      else family.add(place, dropped);
    }
    if (rest > 0) family.add(labelsOf({ channel: other }), rest);
    return family.end();
  }
}
