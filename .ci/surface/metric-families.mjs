/** Labels whose values bots choose; of the others the values are written down too. */
const openLabels = ["channel", "model", "feature"];

/**
 * `name type label=value|value label`, a line for each metric, sorted; the labels of ours alone.
 */
export function metricFamilies(text) {
  const families = new Map();
  for (const line of text.split("\n")) {
    const [, name, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (name !== undefined) families.set(name, { type, labels: new Map() });
  }
  for (const line of text.split("\n")) {
    const [, sample, labels] = /^([a-z_:][\w:]*)(?:\{(.*)\})? \S+$/i.exec(line) ?? [];
    if (sample === undefined) continue;
    const family = families.get(sample) ?? families.get(sample.replace(/_(?:bucket|sum|count)$/, ""));
    if (family === undefined) throw new Error(`a sample without a # TYPE: ${line}`);
    for (const [, label, value] of (labels ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
      family.labels.set(label, (family.labels.get(label) ?? new Set()).add(value));
    }
  }
  return [...families]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, { type, labels }]) => [name, type, ...labelTexts(name, labels)].join(" "))
    .map((line) => `${line}\n`)
    .join("");
}

/**
 * Of the process's own metrics prom-client decides, and some have labels only while something is
 * under way.
 */
function labelTexts(name, labels) {
  if (!name.startsWith("kissbot_")) return [];
  return [...labels].map(([label, values]) =>
    openLabels.includes(label) ? label : `${label}=${[...values].join("|")}`,
  );
}
