// One measurement of encoding, in a process of its own: `encode <workload> make|copy`.
import { encode } from "@kissbot/protocol";
import { measurePair } from "../pair.js";
import { createWorkload, type WorkloadName } from "./workload.js";

const messages = createWorkload(process.argv[2] as WorkloadName, 20_000);
const buffer = Buffer.alloc(65_536);

type Encode = (message: (typeof messages)[number]) => string;

/** Only makes the string. */
function make(lineOf: Encode): number {
  let units = 0;
  for (const message of messages) units += lineOf(message).length;
  if (units < messages.length) throw new Error("nothing was written");
  return messages.length;
}

/**
 * Copies each line out too, as a socket would: a string that was put together in pieces is joined
 * only then.
 */
function copy(lineOf: Encode): number {
  let bytes = 0;
  for (const message of messages) bytes += buffer.write(lineOf(message), 0, "utf8");
  if (bytes < messages.length) throw new Error("nothing was written");
  return messages.length;
}

const plain: Encode = (message) => `${JSON.stringify(message)}\n`;
const run = process.argv[3] === "copy" ? copy : make;
process.send?.(
  measurePair(
    () => run(encode),
    () => run(plain),
    31,
    9,
  ),
);
