import { at, attempt, isObject } from "./value.js";

/** What the HTTP status and the words of an error say, in the order in which they are asked. */
const kinds = {
  timeout: /^(408|504)|timed?.?out/i,
  cancelled: /abort/i,
  context_length: /context.?(length|window)|too long|token count/i,
  content_filter: /content.?(filter|policy)|moderat|flagged/i,
  rate_limit: /^(402|429)|rate.?limit/i,
  auth: /^40[13]|api.key/i,
  invalid_request: /^4/,
  server: /^5|overload|(server|api)_error/i,
  network: /ECONN|EPIPE|UNREACH|EAI_|NOTF|UND_ERR|CERT|connection/i,
};

/**
 * The kind of a failure in the protocol's terms: `rate_limit`, `timeout` and so on, else `other`.
 * Never throws. It reads error messages, but never reports them.
 */
export function failureOf(error: unknown): string {
  return attempt(() => kindOf(error)) ?? "other";
}

function kindOf(error: unknown): string {
  let status = 0;
  let words = "";
  // The error and its causes.
  const errors = [error];
  for (const cause of errors) {
    if (!isObject(cause) || errors.length > 9) continue;
    words += ` ${at(at(Object.getPrototypeOf(cause), "constructor"), "name")}`;
    for (const key of ["status", "statusCode", "status_code", "name", "code", "type", "message"]) {
      const word = at(cause, key);
      if (typeof word === "number" && word > 99) status ||= word;
      // Errors of the language speak of the bot's own code, but where `fetch` throws them.
      else if (key !== "message" || !/(Type|Range|Reference)E/.test(words) || at(cause, "cause"))
        words += ` ${word}`;
    }
    errors.push(at(cause, "lastError"), at(cause, "error"), at(cause, "cause"));
  }
  const said = `${status} ${words}`;
  return Object.entries(kinds).find(([, says]) => says.test(said))?.[0] ?? "other";
}
