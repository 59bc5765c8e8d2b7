// One measurement of pricing, in a process of its own: `pricing <case> <rounds>`.
import process from "node:process";
import { type LlmUsage, LlmUsageTable } from "@kissbot/store";
import { PriceBook } from "../../../server/src/cost/price-book.js";
import { loadPriceTable } from "../../../server/src/cost/price-table.js";
import { Pricer } from "../../../server/src/cost/pricer.js";
import { medianOf } from "../median.js";
import type { PricedCalls, PricingTimes } from "./pricing-table.js";

/** As many as a chunk of the queue has. */
const tableRows = 1_024;
const tablesEach = 100;
const warmUp = 3;

const callsOf: Record<PricedCalls, (i: number) => Partial<LlmUsage>> = {
  flat: (i) => ({ model: ["gpt-4o-mini", "claude-sonnet-4-5", "gpt-4o"][i % 3] as string }),
  kinds: (i) => ({ model: ["gpt-4o-mini", "claude-sonnet-4-5"][i % 2] as string, feature: `feature ${i}` }),
  dated: () => ({ model: "o3", provider: "openai" }),
  unpriced: (i) => ({ model: ["llama3:8b", "mistral-small", "a model of one's own"][i % 3] as string }),
  told: () => ({ model: "gpt-4o-mini", costUsd: 0.01 }),
};

const [name, rounds] = [process.argv[2] as PricedCalls, Number(process.argv[3])];
const nowMs = Date.UTC(2026, 10, 26, 12);
const rows = new LlmUsageTable(tableRows);
rows.append(
  Array.from({ length: tableRows }, (_, i) => ({
    tsMs: nowMs + i,
    channel: `twitch_channel_${i % 200}`,
    model: "",
    feature: `feature ${i % 4}`,
    tokensIn: 100 + (i % 900),
    tokensOut: 20 + (i % 80),
    tokensCached: i % 100,
    ...callsOf[name](i),
  })),
);
const { costUsd, tokensIn, tokensOut } = rows.columns;
const told = Array.from({ length: tableRows }, (_, row) =>
  costUsd.isKnown(row) ? costUsd.numberAt(row) : null,
);
const book = new PriceBook(await loadPriceTable());
const pricer = new Pricer({ book: () => book, nowMs: () => nowMs });

/**
 * Nanoseconds a row: the median of many tables, so that what else the machine does in one of them
 * falls out. Each time with the rows as bots tell them.
 */
function timeOf(price: () => void): number {
  const times = Array.from({ length: tablesEach }, () => {
    for (let row = 0; row < tableRows; row++) costUsd.set(row, told[row]);
    const since = process.hrtime.bigint();
    price();
    return Number(process.hrtime.bigint() - since) / tableRows;
  });
  return medianOf(times).median;
}

/** What any pricing does: one price, multiplied and kept. */
function bare(): void {
  for (let row = 0; row < tableRows; row++) {
    costUsd.set(row, (2.5 * tokensIn.numberAt(row) + 10 * tokensOut.numberAt(row)) / 1_000_000);
  }
}

const times: PricingTimes = { ours: [], bare: [], pricedShare: 0 };
for (let round = -warmUp; round < rounds; round++) {
  const ours = timeOf(() => pricer.usageReceived({ rows, from: 0, to: tableRows }));
  times.pricedShare = [...rows].filter(({ priceId }) => priceId != null).length / tableRows;
  for (let row = 0; row < tableRows; row++) rows.columns.priceId.set(row, null);
  const baseline = timeOf(bare);
  if (round < 0) continue;
  times.ours.push(ours);
  times.bare.push(baseline);
}
process.send?.(times);
