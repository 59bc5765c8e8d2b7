export type { FleetSource } from "../fleet-source.js";
export type { ForwardState, ForwardStatus } from "./forward-loop.js";
export type { ForwardCounts } from "./forwarder.js";
export { type Forwarding, type ForwardingOptions, startForwarding } from "./forwarding.js";
