import type { DecodeCase, EncodeCase } from "./case.js";
import { conductBuffer } from "./conduct-buffer.js";
import { conductConnection } from "./conduct-connection.js";
import { conductLife } from "./conduct-life.js";
import { conductRuling } from "./conduct-ruling.js";
import { depth } from "./depth.js";
import { duplicate } from "./duplicate.js";
import { encodeMessage } from "./encode-message.js";
import { encodeRefusal } from "./encode-refusal.js";
import { endOfStream } from "./end-of-stream.js";
import { framing } from "./framing.js";
import { json } from "./json.js";
import { lineLimit } from "./line-limit.js";
import { messageCases } from "./message.js";
import { number } from "./number.js";
import { pythonEra } from "./python-era.js";
import { recovery } from "./recovery.js";
import { rejectionPrecedence } from "./rejection-precedence.js";
import { split } from "./split.js";
import type { ConductCase } from "./timeline.js";
import { unknown } from "./unknown.js";
import { utf8 } from "./utf8.js";
import type { WireCase } from "./wire/timeline.js";
import { wireTimelines } from "./wire/timelines.js";

/**
 * Grows with the cases, and not with the protocol: a case that is added is a minor step, one that
 * is changed a major.
 */
export const suiteVersion = "1.2.0";

/** The version of the protocol that the cases are about. */
export const protocolVersion = "1.1";

/**
 * A file of cases: its path in fixtures/ without `.jsonl`. The last word of the path stands before
 * the id of each case.
 */
export const suite = {
  "decode/framing": framing,
  "decode/split": split,
  "decode/end-of-stream": endOfStream,
  "decode/line-limit": lineLimit,
  "decode/recovery": recovery,
  "decode/utf8": utf8,
  "decode/json": json,
  "decode/number": number,
  "decode/depth": depth,
  "decode/duplicate": duplicate,
  "decode/register": messageCases("register"),
  "decode/heartbeat": messageCases("heartbeat"),
  "decode/unregister": messageCases("unregister"),
  "decode/llm-usage": messageCases("llm_usage"),
  "decode/custom-metric": messageCases("custom_metric"),
  "decode/unknown": unknown,
  "decode/python-era": pythonEra,
  "decode/rejection-precedence": rejectionPrecedence,
  "encode/message": encodeMessage,
  "encode/refusal": encodeRefusal,
  "conduct/connection": conductConnection,
  "conduct/buffer": conductBuffer,
  "conduct/life": conductLife,
  "conduct/ruling": conductRuling,
  ...wireTimelines,
} satisfies Record<
  `${"decode" | "encode" | "conduct"}/${string}`,
  (DecodeCase | EncodeCase | ConductCase | WireCase)[]
>;
