import { useEffect, useState } from "preact/hooks";
import { usePage } from "../frame/page-context.js";
import { type Health, healthFrom } from "./health.js";
import { type Run, runsFrom } from "./runs.js";

export interface Heard {
  /** Null before the first answer. */
  readonly health: Health | null;
  /** Since the answer before; null without one. */
  readonly linesPerS: number | null;
  readonly atMs: number;
}

/** Asked anew with each word of the monitor while the page is seen. */
export function useHealth(): Heard {
  const page = usePage();
  const beatMs = page.summary.value?.nowMs ?? 0;
  const [heard, setHeard] = useState<Heard>({ health: null, linesPerS: null, atMs: 0 });
  useEffect(() => {
    if (beatMs === 0) return;
    const leaving = new AbortController();
    page.api.ask("healthz", leaving.signal).then(
      (answer) => {
        const health = healthFrom(answer);
        const atMs = performance.now();
        setHeard((before) => {
          const lines = before.health === null ? -1 : health.lines - before.health.lines;
          // Fewer lines than before are those of another run.
          return { health, linesPerS: lines < 0 ? null : lines / ((atMs - before.atMs) / 1_000), atMs };
        });
      },
      // What is shown stays, and the banner says why.
      () => undefined,
    );
    return () => leaving.abort();
  }, [page, beatMs]);
  return heard;
}

/** The newest first; null before the answer. Asked anew when the monitor was started again. */
export function useRuns(): readonly Run[] | null {
  const page = usePage();
  const startedAtMs = page.summary.value?.startedAtMs ?? null;
  const [runs, setRuns] = useState<readonly Run[] | null>(null);
  const minuteMs = page.minuteMs.value;
  useEffect(() => {
    if (startedAtMs === null) return;
    const leaving = new AbortController();
    page.api
      .ask("api/v1/runs", leaving.signal)
      .then((answer) => setRuns(runsFrom(answer["runs"])))
      // The store may be away for a while: the next minute asks again.
      .catch(() => undefined);
    return () => leaving.abort();
  }, [page, startedAtMs, minuteMs]);
  return runs;
}
