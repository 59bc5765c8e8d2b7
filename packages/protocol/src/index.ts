export { decodeLine } from "./decode.js";
export { LineDecoder, type LineDecoderOptions } from "./decoder.js";
export { encode } from "./encode.js";
export type {
  CustomMetric,
  Heartbeat,
  LlmUsage,
  Message,
  Register,
  Unregister,
} from "./generated/message.js";
export { maxLineBytes, producerLineBytes } from "./limit.js";
export { type DecodeResult, type RejectionReason, rejectionReasons } from "./rejection.js";
