import { decodeLine } from "../src/index.js";
import { canonical, type EncodeFixture, untagged } from "./fixture.js";

/**
 * Why the encoder does not pass the case; undefined where it does. What it wrote is judged by our
 * decoder, which the decode cases have proven right. A refusal is a TypeError or a RangeError whose
 * message begins with the field.
 */
export function encodeFailureOf(
  { id, message, decodes_to, refused }: EncodeFixture,
  encode: (message: never) => string,
): string | undefined {
  let line: string;
  try {
    line = encode(untagged(message) as never);
  } catch (error) {
    const right = error instanceof TypeError || error instanceof RangeError;
    if (right && refused !== undefined && error.message.startsWith(`${refused}:`)) return undefined;
    return `${id}: ${error}`;
  }
  if (decodes_to === undefined) return `${id}: wrote ${line.slice(0, 100)}`;
  if (line.indexOf("\n") !== line.length - 1) return `${id}: wrote no line`;
  const result = decodeLine(new TextEncoder().encode(line));
  if (!result.ok) return `${id}: wrote a line that is ${result.reason}`;
  const got = canonical(result.message);
  return got === canonical(untagged(decodes_to)) ? undefined : `${id}: wrote ${got.slice(0, 200)}`;
}
