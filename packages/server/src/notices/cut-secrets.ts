import { shownText } from "./shown-text.js";

const mostKept = 200;
/** Shorter parts of an address are words such as `api`, and no secret. */
const leastSecret = 6;

/**
 * What somebody answered, for a person: without these secrets or a part of them, on one line, 200
 * characters.
 */
export function cutSecrets(text: string, secrets: readonly string[]): string {
  const parts = [...new Set(secrets.flatMap(partsOf))].sort((a, b) => b.length - a.length);
  let cut = text;
  for (const part of parts) cut = cut.replaceAll(part, "***");
  return shownText(cut, mostKept);
}

/** The whole as it may be written somewhere, and what of an address is not its host. */
function partsOf(secret: string): readonly string[] {
  if (secret === "") return [];
  const bytes = Buffer.from(secret);
  const encoded = [encodeURIComponent(bytes.toString()), bytes.toString("base64")];
  const whole = [secret, JSON.stringify(secret).slice(1, -1), ...encoded];
  const rest = secret.replace(/^[a-z+.-]+:\/\//i, "");
  const parts = rest === secret ? [] : rest.split(/[/?#&=:@]/).slice(1);
  const decoded = parts.map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
  return [...whole, ...[...parts, ...decoded].filter((part) => part.length >= leastSecret)];
}
