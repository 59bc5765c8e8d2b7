export { trackLlm } from "./llm/track.js";
export type { LlmReporter, TrackLlmOptions } from "./llm/tracked-call.js";
export { type LlmUsage, usageOf } from "./llm/usage.js";
