import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Part } from "../cases/stream.js";
import type { Tagged } from "../cases/value.js";

/*
 * Reads the fixtures as a port does: from the files that are shipped, by what their README says,
 * and by nothing else.
 */

const folder = new URL("../fixtures/", import.meta.url);

export interface Manifest {
  protocol: string;
  suite_version: string;
  files: { path: string; kind: "decode" | "encode" | "conduct" | "wire"; cases: number; sha256: string }[];
}

export interface Fixture {
  id: string;
  title: string;
  level: "must" | "should" | "may";
  spec: string[];
  since: string;
  suite?: string;
}

/** What a decoder reports, with messages as plain values. */
export type Report = { message: unknown } | { rejected: string; field?: string };

export interface DecodeFixture extends Fixture {
  chunks: Part[][];
  events: Report[];
  or?: Report[][];
  large?: true;
  within_ms?: number;
}

export interface EncodeFixture extends Fixture {
  message: Tagged;
  decodes_to?: Tagged;
  refused?: string;
}

export const fixturePath = (name: string): string => fileURLToPath(new URL(name, folder));

export const readFixture = (name: string): string => readFileSync(fixturePath(name), "utf8");

export const manifest: Manifest = JSON.parse(readFixture("manifest.json"));

/** All cases of one kind, in the order of the manifest. */
export function readCases<Case extends Fixture>(kind: Manifest["files"][number]["kind"]): Case[] {
  return manifest.files
    .filter((file) => file.kind === kind)
    .flatMap((file) => readFixture(file.path).split("\n").slice(0, -1))
    .map((line) => JSON.parse(line));
}

const allowedTexts = new WeakMap<DecodeFixture, Set<string>>();

/** All lists of events that the case allows, each as its canonical text. */
export function allowedReports(fixture: DecodeFixture): Set<string> {
  let texts = allowedTexts.get(fixture);
  if (texts === undefined) {
    const lists = [fixture.events, ...(fixture.or ?? [])].map((list) =>
      list.map((event) => ("message" in event ? { message: untagged(event.message as Tagged) } : event)),
    );
    texts = new Set(lists.map(canonical));
    allowedTexts.set(fixture, texts);
  }
  return texts;
}

/** The bytes of one chunk. */
export function chunkOf(parts: Part[]): Uint8Array {
  return Buffer.concat(
    parts.map((part) => {
      if (typeof part === "string") return Buffer.from(part, "base64");
      const bytes = Buffer.from(part.repeat, "base64");
      return Buffer.alloc(bytes.length * part.times, bytes);
    }),
  );
}

export type Chunking = "as given" | "whole" | "byte by byte";

export const chunkings: Chunking[] = ["as given", "whole", "byte by byte"];

/**
 * The stream of a case in chunks. Those of a large case are made as they are taken, and equal ones
 * are the same.
 */
export function* cutBy(chunking: Chunking, { chunks }: DecodeFixture): Generator<Uint8Array> {
  if (chunking === "as given") {
    let last: { parts: string; chunk: Uint8Array } | undefined;
    for (const parts of chunks) {
      const text = JSON.stringify(parts);
      if (last?.parts !== text) last = { parts: text, chunk: chunkOf(parts) };
      yield last.chunk;
    }
    return;
  }
  const whole = chunkOf(chunks.flat());
  if (chunking === "whole") yield whole;
  else for (let i = 0; i < whole.length; i++) yield whole.subarray(i, i + 1);
}

/**
 * The value that a tagged one stands for. Objects are made so that `__proto__` is a name like any
 * other.
 */
export function untagged(value: Tagged): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(untagged);
  if ("$number" in value) return Number(value["$number"]);
  if ("$string" in value) return textOf(value["$string"] as TextPart[]);
  const pairs = "$entries" in value ? (value["$entries"] as [Tagged, Tagged][]) : Object.entries(value);
  // Unlike assignment, fromEntries defines what it is given.
  return Object.fromEntries(pairs.map(([name, field]) => [untagged(name), untagged(field)]));
}

type TextPart = string | { repeat: string; times: number } | { utf16: number[] };

function textOf(parts: TextPart[]): string {
  return parts
    .map((part) => {
      if (typeof part === "string") return part;
      return "utf16" in part ? String.fromCharCode(...part.utf16) : part.repeat.repeat(part.times);
    })
    .join("");
}

/**
 * A text by which two values are equal if they are: numbers as doubles, -0 as 0, objects without
 * regard to order.
 */
export function canonical(value: unknown): string {
  if (typeof value === "number") return `n${value + 0}`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? String(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const pairs = Object.entries(value).map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`);
  return `{${pairs.sort().join(",")}}`;
}
