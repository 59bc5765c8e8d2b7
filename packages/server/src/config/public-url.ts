/** It stands in each notice, which has no room for a longer one. */
const mostCharacters = 2_048;

/** The address of the page, without a slash at its end; undefined for a text that is none. */
export function publicUrlFrom(text: string): string | undefined {
  if (text.length > mostCharacters || !/^\s*https?:\/\/[^\s?#]+\s*$/i.test(text)) return undefined;
  try {
    const url = new URL(text.trim());
    if (url.username !== "" || url.password !== "") return undefined;
    return url.href.replace(/\/+$/, "");
  } catch {
    return undefined;
  }
}
