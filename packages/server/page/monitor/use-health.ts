import { useEffect, useState } from "preact/hooks";
import { usePage } from "../frame/page-context.js";
import { useAnswer } from "../frame/use-answer.js";
import { type Health, healthFrom } from "./health.js";
import { type Run, runsFrom } from "./runs.js";

export interface Heard {
  /** Null before the first answer. */
  readonly health: Health | null;
  /** Since the answer before; null without one. */
  readonly linesPerS: number | null;
  readonly atMs: number;
}

/** How the monitor is, and how many lines it gets; asked anew with each word of it. */
export function useHealth(): Heard {
  const answer = useAnswer("healthz");
  const [heard, setHeard] = useState<Heard>({ health: null, linesPerS: null, atMs: 0 });
  useEffect(() => {
    if (answer === null) return;
    const health = healthFrom(answer);
    const atMs = performance.now();
    setHeard((before) => {
      const lines = before.health === null ? -1 : health.lines - before.health.lines;
      // Fewer lines than before are those of another run.
      return { health, linesPerS: lines < 0 ? null : lines / ((atMs - before.atMs) / 1_000), atMs };
    });
  }, [answer]);
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
