import type { Sight } from "./sight.js";

/** One look at one bot's process, as the sampler offers it. */
export interface Observation extends Sight {
  readonly channel: string;
  readonly pid: number;
  readonly atMs: number;
  readonly cpuPct: number | null;
  readonly rssMb: number | null;
  /** It was made because the connection of the process had ended. */
  readonly afterEnd?: true;
}
