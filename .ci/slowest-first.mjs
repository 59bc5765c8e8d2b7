// Begins the test files that take longest before all others: one that began last would run alone at
// the end of its suite. Vitest knows by itself only where it ran before.
import { relative, sep } from "node:path";
import { BaseSequencer } from "vitest/node";
import { root } from "./pnpm.mjs";
import { slowFiles } from "./suites.mjs";

const ranks = new Map(slowFiles.map((path, rank) => [path, rank]));
const rankOf = ({ moduleId }) => ranks.get(relative(root, moduleId).split(sep).join("/")) ?? slowFiles.length;
const groupOf = ({ project }) => project.config.sequence.groupOrder;

export class SlowestFirst extends BaseSequencer {
  async sort(files) {
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => groupOf(a) - groupOf(b) || rankOf(a) - rankOf(b));
  }
}
