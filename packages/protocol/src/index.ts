export { decodeLine } from "./decode.js";
export { LineDecoder } from "./decoder.js";
export type { LineDecoderOptions, PassOver } from "./decoder-options.js";
export { encode, encodeWhole, tryEncode } from "./encode.js";
export { isPlainObject } from "./features.js";
export type {
  CustomMetric,
  DecodedMessage,
  DecodedRegister,
  Heartbeat,
  LlmUsage,
  Message,
  Register,
  Unregister,
} from "./generated/message.js";
export { maxLineBytes, producerLineBytes } from "./limit.js";
export { errorOfRefusal, messageOfRefusal, type Refusal } from "./refusal.js";
export { type DecodeResult, type RejectionReason, rejectionReasons } from "./rejection.js";
export { endOfMetricLine, endOfUsageLine } from "./row-line.js";
