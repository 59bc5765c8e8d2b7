import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How long each thing is waited for, in seconds. */
export interface Pace {
  readonly forS: number;
  readonly holdS: number;
  readonly groupWaitS: number;
  readonly groupIntervalS: number;
}

export const defaultPace: Pace = { forS: 30, holdS: 60, groupWaitS: 20, groupIntervalS: 60 };

/** Nothing is waited for. */
export const promptPace: Pace = { forS: 0, holdS: 0, groupWaitS: 0, groupIntervalS: 0 };

/** So many times as fast. */
export function hurried({ forS, holdS, groupWaitS, groupIntervalS }: Pace, by: number): Pace {
  return {
    forS: forS / by,
    holdS: holdS / by,
    groupWaitS: groupWaitS / by,
    groupIntervalS: groupIntervalS / by,
  };
}

/** A config file of a monitor, gone with `using`. */
export class AlertConfig implements Disposable {
  readonly flags: readonly string[];
  readonly #folder = mkdtempSync(join(tmpdir(), "kissbot-bench-alerts-"));

  /** `receivers`: by name, each as in the config file. */
  constructor(receivers: Readonly<Record<string, object>>, pace: Pace = defaultPace) {
    const path = join(this.#folder, "config.yaml");
    const seconds = (s: number) => `${Math.round(s * 1_000)}ms`;
    const alerts = {
      receivers,
      rules: { down: { for: seconds(pace.forS), hold: seconds(pace.holdS) } },
      group_wait: seconds(pace.groupWaitS),
      group_interval: seconds(pace.groupIntervalS),
    };
    // JSON is YAML.
    writeFileSync(path, JSON.stringify({ monitoring: { alerts } }), { mode: 0o600 });
    this.flags = ["--config", path];
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
