import { shownText } from "./shown-text.js";

const mostKept = 200;
/** Shorter parts of an address are words such as `api`, and no secret. */
const leastSecret = 6;

/** What somebody answered, for a person: without these secrets or a part of them, on one line, 200 characters. */
export function cutSecrets(text: string, secrets: readonly string[]): string {
  const parts = [...new Set(secrets.flatMap(partsOf))].sort((a, b) => b.length - a.length);
  let cut = text;
  for (const part of parts) cut = cut.replaceAll(part, "***");
  return shownText(cut, mostKept);
}

/** The whole, and what of an address is not its host. */
function partsOf(secret: string): readonly string[] {
  const rest = secret.replace(/^[a-z+.-]+:\/\//i, "");
  const parts = rest === secret ? [] : rest.split(/[/?#&=:@]/).slice(1);
  const decoded = parts.map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
  return [secret, ...parts, ...decoded].filter((part) => part.length >= leastSecret);
}
