import type { BotStatus } from "@kissbot/store";

/**
 * What `/healthz` says, as far as commands use it. Another version may say less: then the rest is
 * undefined.
 */
export interface HealthRow {
  readonly status: "ok" | "degraded";
  readonly problems?: readonly {
    readonly code: string;
    readonly detail: string;
    readonly since: string | null;
  }[];
  readonly name?: string;
  readonly version?: string;
  readonly pid?: number;
  readonly started_at?: string | null;
  readonly uptime_s?: number;
  /** Null for a hub, which has none. */
  readonly socket?: string | null;
  readonly store?: {
    readonly url: string;
    readonly status: string;
    readonly detail: string | null;
    readonly pending_rows: number;
    readonly committed_rows: number;
  };
  readonly bots?: Readonly<Record<BotStatus, number>>;
  readonly connections?: number;
  readonly queue_depth?: number;
  readonly queue?: {
    readonly rows: number;
    readonly max_rows: number;
    readonly bytes: number;
    readonly max_bytes: number;
  };
  readonly lines?: {
    readonly lines: number;
    readonly rejected: Readonly<Record<string, number>>;
    readonly ignored: number;
  };
}
