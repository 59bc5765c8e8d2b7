import { type Document, isAlias, isMap, isScalar, isSeq } from "yaml";
import { pathOf, type SettingTree, type TreePair } from "./setting-tree.js";

const mostNodes = 100_000;

export interface TreeSource {
  readonly document: Document;
  placeOf(node: unknown): string;
  /** Told of each fault of the form: a key given twice, a mapping that merges itself. */
  fault(sentence: string): void;
}

/** A value of the file with all that is below it: anchors resolved, `<<` merged, each key once. */
export function treeFromYaml(node: unknown, place: string, path: string, source: TreeSource): SettingTree {
  return new TreeBuilder(source).build(node, place, path);
}

class TreeBuilder {
  readonly #source: TreeSource;
  /** The nodes above the one that is being read, so that one that holds itself ends. */
  readonly #above = new Set<unknown>();
  #nodes = 0;

  constructor(source: TreeSource) {
    this.#source = source;
  }

  build(node: unknown, place: string, path: string): SettingTree {
    const target = this.#target(node);
    if (this.#above.has(target)) return this.#refused(place, path, "holds itself");
    if (++this.#nodes > mostNodes) {
      if (this.#nodes > mostNodes + 1) return { kind: "nothing", place };
      return this.#refused(place, path, `expected at most ${mostNodes} values in all`);
    }
    if (isScalar(target)) {
      if (target.value === null) return { kind: "nothing", place };
      return { kind: "text", place, text: target.source ?? String(target.value) };
    }
    this.#above.add(target);
    const tree = this.#branch(target, place, path);
    this.#above.delete(target);
    return tree;
  }

  #branch(target: unknown, place: string, path: string): SettingTree {
    if (isSeq(target)) {
      const items = target.items.map((item, i) =>
        this.build(item, this.#source.placeOf(item), `${path}[${i}]`),
      );
      return { kind: "list", place, items };
    }
    if (!isMap(target)) return { kind: "nothing", place };
    const pairs = new Map<string, TreePair>();
    for (const { key, value } of target.items) {
      const name = nameOf(key);
      if (name === "<<") continue;
      const own = this.#source.placeOf(key);
      if (pairs.has(name)) this.#source.fault(`${own} ${pathOf(path, name)}: is there twice`);
      else pairs.set(name, { name, value: this.build(value, own, pathOf(path, name)) });
    }
    for (const { key, value } of target.items) {
      if (nameOf(key) === "<<") this.#merge(value, this.#source.placeOf(key), path, pairs);
    }
    return { kind: "mapping", place, pairs: [...pairs.values()] };
  }

  #merge(value: unknown, place: string, path: string, pairs: Map<string, TreePair>): void {
    const target = this.#target(value);
    for (const node of isSeq(target) ? target.items : [target]) {
      const tree = this.build(node, place, path);
      if (tree.kind !== "mapping") this.#source.fault(`${place} ${path}.<<: expected mappings`);
      else for (const pair of tree.pairs) if (!pairs.has(pair.name)) pairs.set(pair.name, pair);
    }
  }

  #refused(place: string, path: string, why: string): SettingTree {
    this.#source.fault(`${place} ${path}: ${why}`);
    return { kind: "nothing", place };
  }

  #target(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.#source.document) : node;
  }
}

function nameOf(key: unknown): string {
  return isScalar(key) ? String(key.source ?? key.value) : "";
}
