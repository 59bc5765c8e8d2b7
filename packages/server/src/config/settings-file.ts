import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Pair, parseDocument } from "yaml";
import { quotedText } from "../quoted-text.js";
import { nearestName } from "./nearest-name.js";
import type { SettingTree } from "./setting-tree.js";
import { treeFromYaml } from "./tree-from-yaml.js";

/** One key of the file, with its values as texts, as they are written there. */
export interface FileEntry {
  /** `config.yaml:3:5 monitoring.stale_timeout`, for a message. */
  readonly place: string;
  readonly texts: readonly string[];
  readonly isList: boolean;
}

export interface SettingsFile {
  readonly path: string;
  /** By key; a key within a section has a point: `http.token`. */
  readonly entries: ReadonlyMap<string, FileEntry>;
  /** By name, what holds more than scalars and lists of them. */
  readonly trees: ReadonlyMap<string, SettingTree>;
  readonly problems: readonly string[];
  readonly readers: FileReaders;
}

/** Who may read the file beside its owner. */
export type FileReaders = "none" | "group" | "everybody";

/** What may stand below `monitoring:`. A key with a point stands in a section of it. */
export interface FileKeys {
  readonly keys: readonly string[];
  /** The names of subtrees, whose own keys are judged elsewhere. */
  readonly subtrees: readonly string[];
}

const section = "monitoring";

/**
 * Reads the section `monitoring:` of a config file; all others belong to other programs. A value is
 * taken as the text that is written there, so that `0660` stays one, whichever YAML it was meant to
 * be. A file without the section, a key that no setting has, one given twice, one without a value,
 * and anything but scalars and lists of scalars are problems. The file is never refused halfway:
 * whatever can be told of it is told at once.
 */
export function parseSettingsFile(
  path: string,
  text: string,
  known: FileKeys,
  readers: FileReaders = "none",
): SettingsFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false });
  const reader = new SectionReader(path, lines, known, document);
  const refusal = (problems: readonly string[]) => ({
    path,
    problems,
    readers,
    entries: new Map(),
    trees: new Map(),
  });
  const syntax = document.errors.map(({ pos, message }) => `${reader.placeOf(pos[0])}: not YAML: ${message}`);
  if (syntax.length > 0) return refusal(syntax.slice(0, 3));
  const root = document.contents;
  if (root !== null && !isMap(root)) {
    const place = reader.placeOf(root.range?.[0] ?? 0);
    return refusal([`${place}: expected a mapping with the section ${section}:`]);
  }
  const pairs = root?.items ?? [];
  const sections = pairs.filter(({ key }) => isScalar(key) && key.value === section);
  if (sections.length === 0) return refusal([reader.absence(pairs)]);
  for (const pair of sections) reader.read(pair);
  const { entries, trees, problems } = reader;
  return { path, entries, trees, problems, readers };
}

class SectionReader {
  readonly entries = new Map<string, FileEntry>();
  readonly trees = new Map<string, SettingTree>();
  readonly problems: string[] = [];
  readonly #path: string;
  readonly #lines: LineCounter;
  readonly #keys: readonly string[];
  readonly #subtrees: readonly string[];
  readonly #document: Document;
  /** The mappings that are being merged, so that one that merges itself ends. */
  readonly #merging = new Set<unknown>();
  #read = false;

  constructor(path: string, lines: LineCounter, { keys, subtrees }: FileKeys, document: Document) {
    this.#path = path;
    this.#lines = lines;
    this.#keys = [...keys, ...subtrees];
    this.#subtrees = subtrees;
    this.#document = document;
  }

  placeOf(offset: number): string {
    const { line, col } = this.#lines.linePos(offset);
    return `${this.#path}:${line}:${col}`;
  }

  read({ key, value }: Pair<unknown, unknown>): void {
    const place = this.#placeOfNode(key);
    if (this.#read) this.problems.push(`${place}: the section ${section}: is there twice`);
    this.#read = true;
    const map = this.#target(value);
    // `monitoring:` with nothing below it sets nothing.
    if (map === null || (isScalar(map) && map.value === null)) return;
    if (!isMap(map)) this.problems.push(`${place} ${section}: expected a mapping of settings`);
    else this.#readPairs(map.items, "", false);
  }

  /**
   * What to say of a file whose root has no section of ours: which of its keys may have been meant.
   */
  absence(pairs: readonly Pair<unknown, unknown>[]): string {
    const keys = pairs.flatMap(({ key }) => (isScalar(key) ? [{ key, name: String(key.value) }] : []));
    const slip = keys.find(({ name }) => nearestName(name.trim().toLowerCase(), [section]) !== undefined);
    if (slip !== undefined) {
      const place = this.#placeOfNode(slip.key);
      return `${place}: there is no section ${section}: in this file, but ${quotedText(slip.name)}: did you mean ${section}?`;
    }
    const outside = keys.find(({ name }) => this.#keys.includes(name));
    if (outside !== undefined) {
      const place = this.#placeOfNode(outside.key);
      return `${place}: ${outside.name} stands outside of the section ${section}: indent it below a line ${section}:`;
    }
    return `${this.#path}:1:1: there is no section ${section}: in this file; settings stand below a line ${section}:`;
  }

  /** `prefix` is the section that the pairs stand in: empty, or a name with a point behind it. */
  #readPairs(pairs: readonly Pair<unknown, unknown>[], prefix: string, merged: boolean): void {
    const own = new Set<string>();
    for (const { key, value } of pairs) {
      const name = isScalar(key) ? String(key.source ?? key.value) : "";
      if (name === "<<") continue;
      const position = this.#placeOfNode(key);
      const known = this.#namesIn(prefix);
      const place = `${position} ${section}.${prefix}${name}`;
      if (!known.includes(name)) {
        const where = `${section}.${prefix}`.slice(0, -1);
        const near = nearestName(name, known);
        const advice = near === undefined ? `expected one of ${known.join(", ")}` : `did you mean ${near}?`;
        this.problems.push(`${position} ${where} has no key ${quotedText(name)}: ${advice}`);
      } else if (own.has(name)) this.problems.push(`${place}: is there twice`);
      else this.#readValue(`${prefix}${name}`, place, value, merged);
      own.add(name);
    }
    // What is merged in comes after, since a key of the mapping itself goes before it.
    for (const { key, value } of pairs) {
      if (isScalar(key) && key.source === "<<") this.#merge(key, value, prefix);
    }
  }

  #readValue(key: string, place: string, value: unknown, merged: boolean): void {
    if (this.#subtrees.includes(key)) {
      this.#readTree(key, place, value, merged);
      return;
    }
    const within = this.#namesIn(`${key}.`);
    const map = this.#target(value);
    if (within.length > 0 && isMap(map)) this.#readPairs(map.items, `${key}.`, merged);
    else if (!this.#keys.includes(key)) {
      this.problems.push(`${place}: expected a mapping with some of ${within.join(", ")}`);
    } else if (!(merged && this.entries.has(key))) this.#keep(key, place, value);
  }

  #readTree(key: string, place: string, value: unknown, merged: boolean): void {
    if (merged && this.trees.has(key)) return;
    const [position = ""] = place.split(" ", 1);
    const tree = treeFromYaml(value, position, `${section}.${key}`, {
      document: this.#document,
      placeOf: (node) => this.#placeOfNode(node),
      fault: (sentence) => this.problems.push(sentence),
    });
    // `alerts:` with nothing below it sets nothing.
    if (tree.kind !== "nothing") this.trees.set(key, tree);
  }

  /** The names that a section has, those of its own sections among them. */
  #namesIn(prefix: string): readonly string[] {
    const names = this.#keys
      .filter((key) => key.startsWith(prefix))
      .map((key) => key.slice(prefix.length).split(".")[0] as string);
    return [...new Set(names)];
  }

  #merge(key: unknown, value: unknown, prefix: string): void {
    const target = this.#target(value);
    for (const node of isSeq(target) ? target.items : [target]) {
      const map = this.#target(node);
      if (!isMap(map)) {
        this.problems.push(`${this.#placeOfNode(key)} ${section}.${prefix}<<: expected mappings`);
      } else if (!this.#merging.has(map)) {
        this.#merging.add(map);
        this.#readPairs(map.items, prefix, true);
        this.#merging.delete(map);
      }
    }
  }

  #keep(name: string, place: string, value: unknown): void {
    const target = this.#target(value);
    const nodes = isSeq(target) ? target.items.map((item) => this.#target(item)) : [target];
    const texts = nodes.map((node) => (isScalar(node) && node.value !== null ? textOf(node) : undefined));
    if (texts.length === 0 || texts.includes(undefined)) {
      const expected = isSeq(target) || isMap(target) ? "a value or a list of values" : "a value";
      this.problems.push(`${place}: expected ${expected}${isMap(target) ? "" : "; there is none"}`);
      return;
    }
    this.entries.set(name, { place, texts: texts as string[], isList: isSeq(target) });
  }

  #target(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.#document) : node;
  }

  #placeOfNode(node: unknown): string {
    return this.placeOf(isScalar(node) || isMap(node) || isSeq(node) ? (node.range?.[0] ?? 0) : 0);
  }
}

function textOf(node: { readonly source?: string | undefined; readonly value: unknown }): string {
  return node.source ?? String(node.value);
}
