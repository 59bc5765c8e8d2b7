import { decodeLine } from "../../src/index.js";
import type { Driver } from "../driver.js";
import { canonical, type EncodeFixture, untagged } from "../fixture.js";
import type { CaseVerdict } from "./decode.js";

/**
 * Gives the message of the case to the port's encoder. Its line is judged by our decoder, which the
 * decode cases have proven right, and by the byte rules of P-1: a port's own decoder may share the
 * fault of its encoder.
 */
export async function runEncodeCase(
  { message, decodes_to, refused }: EncodeFixture,
  driver: Driver,
  timeoutMs: number,
): Promise<CaseVerdict> {
  const answer = await driver.ask("encode", { message }, timeoutMs);
  if (answer["unsupported"] === true) return { outcome: "skipped", detail: "the driver cannot encode" };
  if (answer["unrepresentable"] === true)
    return refused === undefined
      ? { outcome: "skipped", detail: "the port's types cannot hold the message" }
      : { outcome: "pass", detail: "the port's types cannot hold the message" };
  if (typeof answer["refused"] === "string") return refusal(answer["refused"], refused);
  const line = Buffer.from(answer["line"] as string, "base64");
  if (refused !== undefined) return fail(`wrote ${shown(line)} instead of refusing ${refused}`);
  const fault = byteFault(line);
  if (fault !== undefined) return fail(`${fault}: ${shown(line)}`);
  const result = decodeLine(line);
  if (!result.ok) return fail(`wrote a line that is ${result.reason}: ${shown(line)}`);
  const got = canonical(result.message);
  const wanted = canonical(untagged(decodes_to as never));
  return got === wanted
    ? { outcome: "pass", detail: "" }
    : fail(`wrote ${got.slice(0, 200)}, not ${wanted.slice(0, 200)}`);
}

function refusal(field: string, expected: string | undefined): CaseVerdict {
  if (expected === undefined) return fail(`refused a good message on account of ${field}`);
  return field === expected ? { outcome: "pass", detail: "" } : fail(`refused ${field}, not ${expected}`);
}

/** What P-1 forbids in the bytes of a line. */
function byteFault(line: Buffer): string | undefined {
  if (line.length === 0 || line[line.length - 1] !== 0x0a) return "the line has no newline at its end";
  if (line.indexOf(0x0a) !== line.length - 1) return "there is a newline within the line";
  if (line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf)
    return "the line begins with a byte order mark";
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(line);
  } catch {
    return "the line is no UTF-8";
  }
  return undefined;
}

const fail = (detail: string): CaseVerdict => ({ outcome: "fail", detail });
const shown = (line: Buffer): string => JSON.stringify(line.subarray(0, 100).toString("latin1"));
