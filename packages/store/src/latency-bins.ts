/**
 * Bins and counts as text: for each bin the distance from the previous one, then the count. A
 * number is written in digits of five bits, least significant first; all but the last are marked.
 */
const digitBits = 5;
const base = 2 ** digitBits;
const firstCode = "0".charCodeAt(0);
const largest = Number.MAX_SAFE_INTEGER;

/** `bins`: bin, count, bin, count, the lowest bin first. */
export function textOfBins(bins: readonly number[]): string {
  let text = "";
  let last = 0;
  for (let i = 0; i < bins.length; i += 2) {
    const bin = bins[i] as number;
    text += digitsOf(bin - last) + digitsOf(bins[i + 1] as number);
    last = bin;
  }
  return text;
}

/** What `textOfBins` was given; null for another text, and for one with a bin past `lastBin`. */
export function binsIn(text: string, lastBin: number): number[] | null {
  const bins: number[] = [];
  let value = 0;
  let weight = 1;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at) - firstCode;
    if (code < 0 || code >= 2 * base) return null;
    value += (code % base) * weight;
    // Also where the weight grew past every number, and made it none.
    if (!(value <= largest)) return null;
    if (code >= base) {
      weight *= base;
      continue;
    }
    const isCount = bins.length % 2 === 1;
    const bin = isCount || bins.length === 0 ? value : (bins.at(-2) as number) + value;
    if (isCount ? value === 0 : bin > lastBin || (value === 0 && bins.length > 0)) return null;
    bins.push(bin);
    value = 0;
    weight = 1;
  }
  return weight === 1 && bins.length % 2 === 0 ? bins : null;
}

function digitsOf(value: number): string {
  let text = "";
  let rest = value;
  for (; rest >= base; rest = Math.floor(rest / base)) {
    text += String.fromCharCode(firstCode + base + (rest % base));
  }
  return text + String.fromCharCode(firstCode + rest);
}
