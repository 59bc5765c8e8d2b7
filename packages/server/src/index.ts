export { type Clock, systemClock } from "./clock.js";
export type { Settings } from "./config/settings.js";
export { type Logger, type LogLevel, logLevels } from "./logger.js";
