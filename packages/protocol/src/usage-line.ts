/*
 * A line that is a valid `llm_usage` can be recognised without being parsed, if it is written as
 * clients write it: the required fields first, in the order of the specification, all names
 * printable ASCII without escapes. That takes a fifth of the time that decoding takes.
 */

const pattern = /* @__PURE__ */ usagePattern();

function usagePattern(): RegExp {
  const name = (most: number) => `"[ !#-\\[\\]-~]{1,${most}}"`;
  // Of at most 15 digits, so it is less than 2^53.
  const count = "(?:0|[1-9][0-9]{0,14})";
  const amount = `${count}(?:\\.[0-9]{1,24})?(?:e-[0-9]{1,2})?`;
  const field = (key: string, value: string) => `"${key}": ?${value}`;
  const required = [
    field("type", '"llm_usage"'),
    field("channel", `(?!"\\.\\.?")${name(128)}`),
    field("model", name(256)),
    field("feature", name(256)),
    field("tokens_in", count),
    field("tokens_out", count),
  ].join(", ?");
  const optional = [
    field("(?:latency_ms|cost_usd|ts)", `(?:${amount}|null)`),
    field("(?:tokens_cached|tokens_cache_write)", `(?:${count}|null)`),
    field("provider", `(?:${name(256)}|null)`),
    field("error", '(?:"[a-z0-9_]{1,64}"|null)'),
  ].join("|");
  // A field may come twice: each value that it may have is valid.
  return new RegExp(`\\{${required}(?:, ?(?:${optional})){0,7}\\}\\n`, "y");
}

/**
 * Where the line that begins at `from` ends, behind its newline, if it is certainly a valid
 * `llm_usage`, of less than 4 096 bytes. Otherwise `from`: then it may be anything, also a valid
 * `llm_usage` that is written in another way, and has to be decoded.
 */
export function endOfUsageLine(text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : from;
}
