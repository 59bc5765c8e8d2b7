export { AbsentMonitor } from "./testing/absent-monitor.js";
export { FrozenMonitor } from "./testing/frozen-monitor.js";
export { RecordingMonitor } from "./testing/recording-monitor.js";
