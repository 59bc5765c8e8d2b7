import type { HelloAnswer } from "../../schema/driver.js";
import type { Result } from "../result.js";

/** What a run came to: all that the reports tell. */
export interface Summary {
  readonly runner: string;
  readonly suiteVersion: string;
  /** The version of the protocol whose demands were asked. */
  readonly protocol: string;
  readonly implementation: HelloAnswer["implementation"];
  readonly machine: {
    readonly cpus: number;
    /** The driver's loop with encoding alone, slowest of all in µs; absent where it has none. */
    readonly controlMaxUs?: number;
  };
  readonly results: readonly Result[];
  /** Cases that the port's version of the protocol does not know yet. */
  readonly notAsked: number;
  /** What is wrong with the list of known failures. */
  readonly complaints: readonly string[];
  readonly ms: number;
}
