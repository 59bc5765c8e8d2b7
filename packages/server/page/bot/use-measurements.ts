import { useComputed } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import type { Bot } from "../fleet/bot.js";
import { usePage } from "../frame/page-context.js";
import type { PageModel } from "../frame/page-model.js";
import {
  type Growth,
  growthOf,
  type Measurements,
  measurementsFrom,
  pointsFor,
  ranges,
} from "./measurements.js";

const hourMs = 3_600_000;
const often = 15_000;
const seldom = 60_000;

interface Asked {
  readonly channel: string;
  readonly fromMs: number;
  readonly toMs: number;
}

async function ask({ api, summary }: PageModel, { channel, fromMs, toMs }: Asked, signal: AbortSignal) {
  const points = pointsFor(toMs - fromMs, summary.value?.metricsIntervalMs ?? null);
  const [from, to] = [fromMs, toMs].map((ms) => encodeURIComponent(new Date(ms).toISOString()));
  const path = `api/v1/bots/${encodeURIComponent(channel)}/metrics?scope=local&points=${points}&from=${from}&to=${to}`;
  return measurementsFrom(await api.ask(path, signal));
}

/**
 * What was measured over a range; null before the first answer. It is asked about as often as its
 * picture changes.
 */
export function useMeasurements(channel: string, range: string): Measurements | null {
  const page = usePage();
  const intervalMs = page.summary.value?.metricsIntervalMs ?? null;
  const spanMs = ranges[range] ?? 0;
  const [found, setFound] = useState<Measurements | null>(null);
  const isEmpty = !found?.points.some(({ memoryMb, cpuPct }) => memoryMb !== null || cpuPct !== null);
  const stepMs = isEmpty || spanMs <= hourMs ? often : seldom;
  const step = useComputed(() => Math.ceil(page.nowMs.value / stepMs)).value;
  useEffect(() => {
    if (step === 0) return;
    const leaving = new AbortController();
    const toMs = page.clock.nowMs();
    ask(page, { channel, fromMs: toMs - spanMs, toMs }, leaving.signal)
      .then(setFound)
      // What was drawn stays; the next step asks again.
      .catch(() => undefined);
    return () => leaving.abort();
  }, [page, channel, spanMs, step, intervalMs]);
  return found;
}

/**
 * How the memory of a dead bot's process grew within the hour before its death; null where nobody
 * knows.
 */
export function useGrowth({ channel, status, sinceMs, startedAtMs }: Bot): Growth | null {
  const page = usePage();
  const [growth, setGrowth] = useState<Growth | null>(null);
  const toMs = status === "dead" ? sinceMs : null;
  useEffect(() => {
    setGrowth(null);
    if (toMs === null) return;
    const leaving = new AbortController();
    const fromMs = Math.max(toMs - hourMs, startedAtMs ?? 0);
    ask(page, { channel, fromMs, toMs: toMs + 1 }, leaving.signal)
      .then((found) => setGrowth(found && growthOf(found)))
      .catch(() => undefined);
    return () => leaving.abort();
  }, [page, channel, toMs, startedAtMs]);
  return growth;
}
