export type { Features } from "./flags.js";
export type { DropReason } from "./line-counts.js";
export type { Logger, LoggerObject } from "./logger.js";
export { MonitorClient } from "./monitor-client.js";
export type { MonitorClientOptions } from "./options.js";
export type { LlmUsageReport, MeasuredLoad } from "./report.js";
export type { MonitorClientStats } from "./stats.js";
