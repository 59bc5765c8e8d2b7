/**
 * A copy of a text in ASCII: what is cut out of a longer text keeps all of that alive, with two
 * bytes a sign where one of its signs needs them.
 */
export function ownText(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}
