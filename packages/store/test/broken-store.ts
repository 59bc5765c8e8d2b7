import type { Batch, Store, UsageQuery, WriteOutcome } from "@kissbot/store";

/** A store around another that breaks one promise each: what the contract suite has to notice. */
export const faults: Record<
  string,
  { readonly breaks: (store: Store) => Partial<Store>; readonly caughtBy: string }
> = {
  "answers before it has written": {
    breaks: (store) => ({
      write: async (batch: Batch): Promise<WriteOutcome> => {
        setTimeout(() => void store.write(batch).catch(() => undefined), 20);
        return "applied";
      },
    }),
    caughtBy: "write: a batch of every kind is applied, and what it wrote can be read at once",
  },
  "stores a batch twice": {
    breaks: (store) => {
      let seq = 0;
      return {
        write: (batch: Batch) => {
          seq += 1;
          return store.write({ ...batch, producer: "other", seq });
        },
      };
    },
    caughtBy: "replay: a batch sent again is a duplicate, and its rows are not looked at",
  },
  "takes only batches in order": {
    breaks: (store) => {
      let last = -1;
      return {
        write: async (batch: Batch): Promise<WriteOutcome> => {
          if (batch.seq <= last) return "duplicate";
          last = batch.seq;
          return await store.write(batch);
        },
      };
    },
    caughtBy: "reorder: batches are applied in whatever order they come, and each is remembered",
  },
  "counts the unknown as 0": {
    breaks: (store) => ({
      usageTotals: async (query: UsageQuery) =>
        (await store.usageTotals(query)).map((total) => ({ ...total, costUsd: total.costUsd ?? 0 })),
    }),
    caughtBy: "usage totals: what is unknown is null and never counted as 0",
  },
  "rounds a period to hours": {
    breaks: (store) => ({
      usageTotals: (query: UsageQuery) => {
        const hour = 3_600_000;
        const { fromMs, toMs } = query;
        return fromMs >= 0 && toMs > fromMs
          ? store.usageTotals({
              ...query,
              fromMs: Math.floor(fromMs / hour) * hour,
              toMs: Math.ceil(toMs / hour) * hour,
            })
          : store.usageTotals(query);
      },
    }),
    caughtBy: "usage totals: a period is exact to the millisecond, whole hours or not",
  },
  "never closes": {
    breaks: () => ({ close: async () => undefined }),
    caughtBy: "closed: fleet is refused after close, and before it has ended",
  },
  "forgets what a late row adds": {
    breaks: (store) => ({
      metricSeries: async (query) => {
        const answer = await store.metricSeries(query);
        const series = answer.series.map((one) => ({
          ...one,
          points: one.points.map((point) => ({ ...point, samples: Math.min(point.samples, 1) })),
        }));
        return { ...answer, series };
      },
    }),
    caughtBy: "oracle: any history leaves the same answers as in the memory store",
  },
};

/** A store whose methods are those given, and the other's where none is given. */
export function brokenStore(store: Store, broken: Partial<Store>): Store {
  return new Proxy(store, {
    get: (target, key) => {
      const own = Reflect.get(broken, key) as unknown;
      if (own !== undefined) return own;
      const value = Reflect.get(target, key, target) as unknown;
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
