/*
 * A line that is a valid `llm_usage` or `custom_metric` can be recognised without being parsed, if
 * it is written as clients write it: the required fields first, in the order of the specification,
 * all names printable ASCII without escapes. That takes a fifth of the time that decoding takes.
 */

// Of at most 15 digits, so it is less than 2^53.
const countText = "(?:0|[1-9][0-9]{0,14})";
const decimals = "(?:\\.[0-9]{1,24})?";
const usagePattern = /* @__PURE__ */ usageLine();
const metricPattern = /* @__PURE__ */ metricLine();

function usageLine(): RegExp {
  const amount = `${countText}${decimals}(?:e-[0-9]{1,2})?`;
  const required = [
    fieldText("model", nameText(256)),
    fieldText("feature", nameText(256)),
    fieldText("tokens_in", countText),
    fieldText("tokens_out", countText),
  ];
  const optional = [
    fieldText("(?:latency_ms|cost_usd|ts)", `(?:${amount}|null)`),
    fieldText("(?:tokens_cached|tokens_cache_write)", `(?:${countText}|null)`),
    fieldText("provider", `(?:${nameText(256)}|null)`),
    fieldText("error", '(?:"[a-z0-9_]{1,64}"|null)'),
  ];
  return linePattern("llm_usage", required, optional);
}

function metricLine(): RegExp {
  const value = `-?${countText}${decimals}(?:e[+-]?[0-9]{1,2})?`;
  const required = [fieldText("metric_name", nameText(256)), fieldText("value", value)];
  return linePattern("custom_metric", required, [fieldText("ts", `(?:${value}|null)`)]);
}

function nameText(most: number): string {
  return `"[ !#-\\[\\]-~]{1,${most}}"`;
}

function fieldText(key: string, value: string): string {
  return `"${key}": ?${value}`;
}

/** A field may come twice: each value that it may have is valid. */
function linePattern(type: string, required: readonly string[], optional: readonly string[]): RegExp {
  const channel = fieldText("channel", `(?!"\\.\\.?")${nameText(128)}`);
  const fields = [fieldText("type", `"${type}"`), channel, ...required].join(", ?");
  return new RegExp(`\\{${fields}(?:, ?(?:${optional.join("|")})){0,7}\\}\\n`, "y");
}

/**
 * Where the line that begins at `from` ends, behind its newline, if it is certainly a valid
 * `llm_usage`, of less than 4 096 bytes. Otherwise `from`: then it may be anything, also a valid
 * `llm_usage` that is written in another way, and has to be decoded.
 */
export function endOfUsageLine(text: string, from: number): number {
  return endOfLine(usagePattern, text, from);
}

/** The same of a `custom_metric`. */
export function endOfMetricLine(text: string, from: number): number {
  return endOfLine(metricPattern, text, from);
}

function endOfLine(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : from;
}
