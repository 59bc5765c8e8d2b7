import { createRequire } from "node:module";
import { expect } from "vitest";
import { openapiOf } from "../../src/http/openapi.js";
import type { Route } from "../../src/http/route.js";
import type { Reply } from "./ask.js";

interface Validator {
  addSchema(schema: object, key: string): void;
  compile(schema: object): ((value: unknown) => boolean) & { readonly errors?: unknown };
}

// The validator is a development dependency of the protocol, from which it is resolved.
const require = createRequire(createRequire(import.meta.url).resolve("@kissbot/protocol/package.json"));
const { Ajv2020 } = require("ajv/dist/2020.js") as { Ajv2020: new (options: object) => Validator };

export interface Document {
  readonly openapi: string;
  readonly paths: Readonly<
    Record<string, { readonly get?: Operation; readonly post?: Operation; readonly delete?: Operation }>
  >;
}

interface Operation {
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: object }[];
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, object>> }>>;
}

/**
 * Holds replies against the OpenAPI document: their status, their type and the shape of their body.
 */
export class OpenapiContract {
  readonly document: Document;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #validators = new Map<string, ReturnType<Validator["compile"]>>();

  constructor(routes: readonly Route[]) {
    this.document = openapiOf(routes) as Document;
    this.#ajv.addSchema(this.document, "openapi");
  }

  /** The document's path for a path that was asked; undefined where there is none. */
  pathOf(asked: string): string | undefined {
    const path = asked.split("?", 1)[0] ?? "";
    return Object.keys(this.document.paths).find((known) =>
      new RegExp(`^${known.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(path),
    );
  }

  /** Expects the reply to be one that the document names. */
  hold(asked: string, { status, headers, text }: Reply, method: "get" | "post" | "delete" = "get"): void {
    const path = this.pathOf(asked);
    if (path === undefined) return;
    const operation = this.document.paths[path]?.[method];
    if (operation === undefined) {
      // What the path takes no such method of is answered by what comes before its route.
      expect([400, 401, 403, 405], `${method} ${path}`).toContain(status);
      return;
    }
    const { responses } = operation;
    expect(Object.keys(responses), `the statuses of ${path}`).toContain(`${status}`);
    if (responses[status]?.content === undefined) {
      expect([text, headers["content-type"]], `the answer of ${path}`).toEqual(["", undefined]);
      return;
    }
    const [mediaType = ""] = `${headers["content-type"]}`.split(";");
    expect(Object.keys(responses[status]?.content ?? {}), `the types of ${path}, ${status}`).toContain(
      mediaType,
    );
    if (mediaType !== "application/json") return;
    const parts = ["paths", path, method, "responses", `${status}`, "content", "application/json", "schema"];
    this.#holdBody(parts, JSON.parse(text), asked);
  }

  /** Expects the value to be one that a schema of the document describes. */
  holdSchema(name: string, value: unknown): void {
    this.#holdBody(["components", "schemas", name], value, name);
  }

  #holdBody(parts: readonly string[], body: unknown, what: string): void {
    const validate = this.#validatorOf(parts);
    const shown = JSON.stringify(body).slice(0, 500);
    expect(validate(body) ? [] : validate.errors, `${what}: ${shown}`).toEqual([]);
  }

  #validatorOf(parts: readonly string[]): ReturnType<Validator["compile"]> {
    const pointer = parts
      .map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1")))
      .join("/");
    const known = this.#validators.get(pointer) ?? this.#ajv.compile({ $ref: `openapi#/${pointer}` });
    this.#validators.set(pointer, known);
    return known;
  }
}
