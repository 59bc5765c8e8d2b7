export { type Clock, systemClock } from "./clock.js";
export { defaultSettings } from "./config/default-settings.js";
export type { Settings } from "./config/settings.js";
export { Daemon, type DaemonOptions } from "./daemon.js";
export {
  createLogger,
  type LogFields,
  type LogFormat,
  type Logger,
  type LoggerOptions,
  type LogLevel,
  type LogMethod,
  logFormats,
  logLevels,
} from "./logger.js";
export type { StartReport } from "./start-report.js";
