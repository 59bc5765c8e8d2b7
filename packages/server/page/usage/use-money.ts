import { useComputed } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { usePage } from "../frame/page-context.js";
import type { UsageSum } from "./llm-usage.js";
import { askByChannel, askToday, type Today } from "./usage-question.js";

const soon = 60_000;
const seldom = 300_000;
/** An answer of more channels than that is asked for more seldom. */
const manyChannels = 500;

interface Money {
  readonly today: Today;
  /**
   * Of the last 24 hours, by channel; those without a call are not there; none, if not asked for.
   */
  readonly byChannel: ReadonlyMap<string, UsageSum>;
}

/** What the fleet's calls came to; null before the first answer. */
export function useMoney(hasChannels = true): Money | null {
  const page = usePage();
  const clock = page.zoneClock.value;
  const [money, setMoney] = useState<Money | null>(null);
  const everyMs = (money?.byChannel.size ?? 0) > manyChannels ? seldom : soon;
  const step = useComputed(() => Math.ceil(page.nowMs.value / everyMs)).value;
  useEffect(() => {
    if (step === 0) return;
    const leaving = new AbortController();
    const place = {
      api: page.api,
      nowMs: page.clock.nowMs(),
      offsetMin: (ms: number) => clock.offsetMin(ms),
      signal: leaving.signal,
    };
    Promise.all([askToday(place), hasChannels ? askByChannel(place) : new Map()])
      .then(([today, byChannel]) => setMoney({ today, byChannel }))
      // What is shown stays; the next step asks again.
      .catch(() => undefined);
    return () => leaving.abort();
  }, [page, clock, hasChannels, step]);
  return money;
}
