import type { HelloAnswer } from "../../schema/driver.js";
import type { Stage } from "../stage.js";

/** One way in which a monitor may be at fault, and what the bot does meanwhile. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** The rules that it is made to exercise; it is judged by all. */
  readonly rules: readonly string[];
  /** Played only with `--long`. */
  readonly isLong?: true;
  /** The calls of its client keep a core busy, so no other such scenario runs beside it. */
  readonly isHeavy?: true;
  /** How many processes run at once, each with a monitor of its own. */
  readonly processes?: number;
  /** The environment of the process; `path` is where the monitor listens. */
  readonly env?: (path: string) => Readonly<Record<string, string>>;
  /** How often the client beats by itself. */
  readonly interval_s?: number;
  readonly listens?: "named" | "default";
  /** Why the driver cannot play it, if it cannot. */
  readonly lacks?: (hello: HelloAnswer) => string | undefined;
  /** Plays it with a driver that has said hello. */
  play(stage: Stage): Promise<void>;
}
