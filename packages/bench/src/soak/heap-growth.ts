import type { Table } from "../table.js";

/** How much there is of one kind of thing on a heap. */
export interface HeapKind {
  readonly count: number;
  readonly bytes: number;
}

/** By what they are, and objects by their constructor. */
export type HeapKinds = ReadonlyMap<string, HeapKind>;

/** What V8 writes as a heap snapshot, as far as it is read here. */
interface Snapshot {
  readonly snapshot: {
    readonly meta: { readonly node_fields: readonly string[]; readonly node_types: readonly unknown[] };
  };
  readonly nodes: readonly number[];
  readonly strings: readonly string[];
}

const compiled = "compiled code";
const texts = "texts";
/** What V8 keeps for itself: shapes of objects, lists of what depends on them. */
const hidden = "hidden in V8";
const kindsOfTypes: Readonly<Record<string, string>> = {
  code: compiled,
  hidden,
  "object shape": hidden,
  string: texts,
  "concatenated string": texts,
  "sliced string": texts,
  number: "numbers",
  closure: "closures",
};
const mostRows = 12;

/** Reads a heap snapshot. Throws where the text is none. */
export function heapKindsOf(text: string): HeapKinds {
  const { snapshot, nodes, strings } = JSON.parse(text) as Snapshot;
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [typeAt, nameAt, sizeAt] = ["type", "name", "self_size"].map((field) => fields.indexOf(field)) as [
    number,
    number,
    number,
  ];
  const typeNames = types[typeAt] as readonly string[];
  const kinds = new Map<string, HeapKind>();
  for (let at = 0; at < nodes.length; at += fields.length) {
    const type = typeNames[nodes[at + typeAt] as number] as string;
    const name = strings[nodes[at + nameAt] as number] ?? "";
    const kind = kindsOfTypes[type] ?? `${type} ${name.slice(0, 60)}`;
    const { count, bytes } = kinds.get(kind) ?? { count: 0, bytes: 0 };
    kinds.set(kind, { count: count + 1, bytes: bytes + (nodes[at + sizeAt] as number) });
  }
  return kinds;
}

/** What there is more of, or less, between two looks; the largest differences first. */
export function heapGrowthTable(before: HeapKinds, after: HeapKinds, minutes: number): Table {
  const none: HeapKind = { count: 0, bytes: 0 };
  const differences = [...new Set([...before.keys(), ...after.keys()])].map((kind) => {
    const [from, to] = [before.get(kind) ?? none, after.get(kind) ?? none];
    return { kind, count: to.count - from.count, bytes: to.bytes - from.bytes };
  });
  const whole = differences.reduce((sum, { bytes }) => sum + bytes, 0);
  differences.sort((a, b) => Math.abs(b.bytes) - Math.abs(a.bytes));
  const kb = (bytes: number) => (bytes / 1_024).toFixed(1);
  return {
    title: "What the heap has more of",
    method: `Two snapshots of the main thread's heap, each after a collection, the first after the warm-up and the second ${minutes.toFixed(1)} minutes later: ${kb(whole)} kB more in all. Rows are the largest differences.`,
    columns: ["what", "more of them", "kB more"],
    rows: differences
      .slice(0, mostRows)
      .filter(({ bytes }) => bytes !== 0)
      .map(({ kind, count, bytes }) => [kind, String(count), kb(bytes)]),
  };
}
