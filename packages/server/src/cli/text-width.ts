const clusters = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** What stands in East Asian text as two columns: ideographs, kana, Hangul, full-width forms, and emoji. */
const wide =
  /\p{Emoji_Presentation}|\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{17000}-\u{18aff}\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]/u;

/** Nothing but marks that stand on other characters, and characters without a shape. */
const markOnly = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;

const ascii = /^[ -~]*$/;

/** How many columns a terminal gives a text without control characters. Terminals differ over rare scripts; this is what most do. */
export function textWidth(text: string): number {
  if (ascii.test(text)) return text.length;
  let width = 0;
  for (const { segment } of clusters.segment(text)) width += clusterWidth(segment);
  return width;
}

/** The text in at most so many columns; where something had to go, an ellipsis stands for it. */
export function cutToWidth(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let width = 0;
  let kept = "";
  for (const { segment } of clusters.segment(text)) {
    width += clusterWidth(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return columns > 0 ? `${kept}…` : "";
}

function clusterWidth(cluster: string): number {
  if (markOnly.test(cluster)) return 0;
  return wide.test(cluster) ? 2 : 1;
}
