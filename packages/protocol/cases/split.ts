import { message, rejected, stream } from "./expectation.js";
import { cut, utf8 } from "./stream.js";

/*
 * Byte by byte and the whole at once are run with every case; what is left to find are faults that
 * need a chunk of several bytes on both sides of the cut.
 */

const whole = utf8(
  '{"type":"unregister","channel":"caf\u00e9","pid":1}\r\n\u2028\n{"type":"unregister","channel":"\u{1f600}","pid":2}\n',
);

const events = [
  message({ type: "unregister", channel: "caf\u00e9", pid: 1 }),
  rejected("invalid_json"),
  message({ type: "unregister", channel: "\u{1f600}", pid: 2 }),
];

export const split = [
  ...Array.from({ length: whole.length - 1 }, (_, i) => i + 1).map((at) =>
    stream(`after-${at}`, `The stream is cut after byte ${at}`, "F-9", cut(whole, at), events),
  ),
  ...[2, 3, 7].map((size) => {
    const chunks = Array.from({ length: Math.ceil(whole.length / size) }, (_, i) =>
      whole.subarray(i * size, (i + 1) * size),
    );
    return stream(`every-${size}`, `The stream comes in chunks of ${size} bytes`, "F-9", chunks, events);
  }),
];
