export { Child, type ChildOptions, type Exit, killChildren } from "./child.js";
export { CuttingProxy } from "./cutting-proxy.js";
export { FrozenMonitor } from "./frozen-monitor.js";
export { ManualClock } from "./manual-clock.js";
export {
  type PostgresOptions,
  PostgresServer,
  type PostgresVersion,
  postgresVersions,
} from "./postgres-server.js";
export { type LogEntry, RecordingLogger, silentLogger } from "./recording-logger.js";
export { repetitions } from "./repetitions.js";
export { lasting } from "./scenario.js";
export { TemporaryFolder } from "./temporary-folder.js";
export { type UntilOptions, until } from "./until.js";
