import { isAlias, isMap, isScalar, isSeq, LineCounter, type Pair, parseDocument } from "yaml";
import { nearestName } from "./nearest-name.js";
import { quotedText } from "./quoted-text.js";

/** One key of the file, with its values as texts, as they are written there. */
export interface FileEntry {
  /** `config.yaml:3:5 monitoring.stale_timeout`, for a message. */
  readonly place: string;
  readonly texts: readonly string[];
}

export interface SettingsFile {
  readonly entries: ReadonlyMap<string, FileEntry>;
  readonly problems: readonly string[];
  /** What is no fault, but may not be what was meant. */
  readonly notices: readonly string[];
}

const section = "monitoring";

/**
 * Reads the section `monitoring:` of a config file; all others belong to other programs. A value is taken as the text
 * that is written there, so that `0660` stays one, whichever YAML it was meant to be. A key that no setting has, one
 * given twice, one without a value, and anything but scalars and lists of scalars are problems. The file is never
 * refused halfway: whatever can be told of it is told at once.
 */
export function parseSettingsFile(path: string, text: string, keys: readonly string[]): SettingsFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false });
  const reader = new SectionReader(path, lines, keys, (node) =>
    isAlias(node) ? node.resolve(document) : node,
  );
  const syntax = document.errors.map(({ pos, message }) => `${reader.placeOf(pos[0])}: not YAML: ${message}`);
  if (syntax.length > 0) return { entries: new Map(), problems: syntax.slice(0, 3), notices: [] };
  const root = document.contents;
  if (root !== null && !isMap(root)) {
    const problem = `${reader.placeOf(root.range?.[0] ?? 0)}: expected a mapping with the section ${section}:`;
    return { entries: new Map(), problems: [problem], notices: [] };
  }
  const sections = (root?.items ?? []).filter(({ key }) => isScalar(key) && key.value === section);
  for (const pair of sections) reader.read(pair);
  return {
    entries: reader.entries,
    problems: reader.problems,
    notices:
      sections.length === 0
        ? [`${path}: there is no section ${section}: in it, so nothing was set by this file`]
        : [],
  };
}

class SectionReader {
  readonly entries = new Map<string, FileEntry>();
  readonly problems: string[] = [];
  readonly #path: string;
  readonly #lines: LineCounter;
  readonly #keys: readonly string[];
  readonly #target: (node: unknown) => unknown;
  #read = false;

  constructor(path: string, lines: LineCounter, keys: readonly string[], target: (node: unknown) => unknown) {
    this.#path = path;
    this.#lines = lines;
    this.#keys = keys;
    this.#target = target;
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
    else this.#readPairs(map.items);
  }

  #readPairs(pairs: readonly Pair<unknown, unknown>[], merged = false): void {
    const own = new Set<string>();
    for (const { key, value } of pairs) {
      const name = isScalar(key) ? String(key.source ?? key.value) : "";
      if (name === "<<") continue;
      const place = `${this.#placeOfNode(key)} ${section}.${name}`;
      if (!this.#keys.includes(name)) this.#refuse(name, place);
      else if (own.has(name)) this.problems.push(`${place}: is there twice`);
      else if (!(merged && this.entries.has(name))) this.#keep(name, place, value);
      own.add(name);
    }
    // What is merged in comes after, since a key of the mapping itself goes before it.
    for (const { key, value } of pairs) if (isScalar(key) && key.source === "<<") this.#merge(key, value);
  }

  #merge(key: unknown, value: unknown): void {
    const target = this.#target(value);
    for (const node of isSeq(target) ? target.items : [target]) {
      const map = this.#target(node);
      if (isMap(map)) this.#readPairs(map.items, true);
      else this.problems.push(`${this.#placeOfNode(key)} ${section}.<<: expected mappings`);
    }
  }

  #refuse(name: string, place: string): void {
    const near = nearestName(name, this.#keys);
    const advice = near === undefined ? `expected one of ${this.#keys.join(", ")}` : `did you mean ${near}?`;
    this.problems.push(`${place.replace(/\S+$/, "")}${section} has no key ${quotedText(name)}: ${advice}`);
  }

  #keep(name: string, place: string, value: unknown): void {
    const target = this.#target(value);
    const nodes = isSeq(target) ? target.items.map(this.#target) : [target];
    const texts = nodes.map((node) => (isScalar(node) && node.value !== null ? textOf(node) : undefined));
    if (texts.length === 0 || texts.includes(undefined)) {
      const expected = isSeq(target) || isMap(target) ? "a value or a list of values" : "a value";
      this.problems.push(`${place}: expected ${expected}${isMap(target) ? "" : "; there is none"}`);
      return;
    }
    this.entries.set(name, { place, texts: texts as string[] });
  }

  #placeOfNode(node: unknown): string {
    return this.placeOf(isScalar(node) || isMap(node) || isSeq(node) ? (node.range?.[0] ?? 0) : 0);
  }
}

function textOf(node: { readonly source?: string | undefined; readonly value: unknown }): string {
  return node.source ?? String(node.value);
}
