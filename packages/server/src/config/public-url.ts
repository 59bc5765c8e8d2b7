/** The address of the page, without a slash at its end; undefined for a text that is none. */
export function publicUrlFrom(text: string): string | undefined {
  if (!/^\s*https?:\/\/[^\s?#]+\s*$/i.test(text)) return undefined;
  try {
    const url = new URL(text.trim());
    if (url.username !== "" || url.password !== "") return undefined;
    return url.href.replace(/\/+$/, "");
  } catch {
    return undefined;
  }
}
