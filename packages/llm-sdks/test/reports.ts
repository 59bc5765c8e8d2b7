import type { LlmUsageReport } from "@kissbot/client";

/** Takes the place of a client. */
export class Reports {
  readonly all: LlmUsageReport[] = [];

  logLlmUsage(report: LlmUsageReport): Promise<boolean> {
    this.all.push(report);
    return Promise.resolve(true);
  }

  /** The only one, without what differs from run to run. */
  get only(): Partial<LlmUsageReport> {
    if (this.all.length !== 1) throw new Error(`${this.all.length} reports`);
    const { latencyMs, ...rest } = this.all[0] as LlmUsageReport;
    if (typeof latencyMs !== "number" || latencyMs < 1) throw new Error(`latency ${latencyMs}`);
    return Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  }
}

export async function readAll<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const read: T[] = [];
  for await (const part of stream) read.push(part);
  return read;
}
