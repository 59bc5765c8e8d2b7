import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

export const imageFolder = fileURLToPath(new URL("../../share/docker/", import.meta.url));

interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** The instructions of the Dockerfile, each on one line and without comments. */
export const instructions: readonly Instruction[] = readFileSync(`${imageFolder}Dockerfile`, "utf8")
  .replaceAll(/^#.*\n/gm, "")
  .replaceAll(/\\\n\s*/g, " ")
  .split("\n")
  .filter((line) => line.trim() !== "")
  .map((line) => {
    const [, name = "", text = ""] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    return { name, text: text.trim() };
  });

/** What the last instruction of this name says; of those that are in the last stage. */
export function lastOf(name: string): string {
  const found = instructions.findLast((one) => one.name === name);
  if (found === undefined) throw new Error(`the Dockerfile has no ${name}`);
  return found.text;
}

/** The words of a command that stands as a JSON list. */
export function wordsOf(text: string): readonly string[] {
  return JSON.parse(text.slice(text.indexOf("[")));
}

/** The variables that the image sets. */
export const imageEnvironment: Readonly<Record<string, string>> = Object.fromEntries(
  instructions
    .filter(({ name }) => name === "ENV")
    .flatMap(({ text }) =>
      [...text.matchAll(/(\w+)=(\S+)/g)].map(([, key = "", value = ""]) => [key, value]),
    ),
);

interface Service {
  readonly environment: Readonly<Record<string, string>>;
  readonly volumes: readonly string[];
  readonly [key: string]: unknown;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, { readonly name?: string } | null>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

export const composeText = readFileSync(`${imageFolder}compose.yaml`, "utf8");
export const compose: Compose = parse(composeText);
