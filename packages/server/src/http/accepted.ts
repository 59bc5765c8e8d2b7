/**
 * The parts of a header such as `gzip;q=0.5, *`, each with its weight: 1 by default, 0 for `q=0`
 * and invalid ones.
 */
function weightsOf(header: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const part of header.split(",")) {
    const [name = "", ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
    if (name === "") continue;
    const weight = parameters.find((text) => /^q\s*=/.test(text))?.replace(/^q\s*=\s*/, "");
    const value = weight === undefined ? 1 : /^[01](?:\.\d{0,3})?$/.test(weight) ? Number(weight) : 0;
    weights.set(name, Math.min(value, 1));
  }
  return weights;
}

/** Whether the reader takes gzip, and does not like plain bytes better. */
export function acceptsGzip(header: string | undefined): boolean {
  if (header === undefined) return false;
  const weights = weightsOf(header);
  const gzip = weights.get("gzip") ?? weights.get("x-gzip") ?? weights.get("*") ?? 0;
  return gzip > 0 && gzip >= (weights.get("identity") ?? 0);
}

/**
 * Whether the reader is a person with a browser: it names HTML, and likes nothing of JSON's better.
 */
export function prefersHtml(header: string | undefined): boolean {
  if (header === undefined) return false;
  const weights = weightsOf(header);
  const html = weights.get("text/html") ?? 0;
  const json = weights.get("application/json") ?? weights.get("application/*") ?? 0;
  return html > 0 && html > json;
}
