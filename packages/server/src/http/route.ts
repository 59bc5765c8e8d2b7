import type { ServerResponse } from "node:http";
import type { ApiErrorCode } from "./api-error.js";
import type { Parameters } from "./parameter.js";
import type { Schema } from "./schema.js";

/** What a route is asked. */
export interface Call {
  /** The decoded parts of the path. */
  readonly path: Readonly<Record<string, string>>;
  /** As it came: a route reads it with `valuesOf` and its own parameters. */
  readonly query: unknown;
  /** Whether the caller brought the token, where one is needed. Only a route that is `open` is called without. */
  readonly knowsToken: boolean;
}

/** What it answers. */
export type Answer =
  | { readonly kind: "json"; readonly value: object }
  /** JSON that is text already. */
  | { readonly kind: "text"; readonly text: string }
  /**
   * Written piece by piece, each when the one before was taken. `sent` tells of each that the system has, or never will have; `closed`,
   * once, that the answer is over, whether it came to its end or not.
   */
  | {
      readonly kind: "chunks";
      readonly chunks: AsyncIterable<Buffer>;
      readonly sent?: (chunk: Buffer) => void;
      readonly closed?: () => void;
    }
  /** Stays open; the status line and headers are sent already when it is called, and say gzip where `isGzip`. */
  | { readonly kind: "stream"; readonly open: (response: ServerResponse, isGzip: boolean) => void };

/** One route, with what the OpenAPI document says of it. All are read by GET and HEAD, and none changes anything. */
export interface Route {
  /** With its parameters in braces. */
  readonly path: string;
  /** The name of the operation in generated clients. */
  readonly id: string;
  readonly summary: string;
  readonly pathParameters?: Readonly<
    Record<string, { readonly description: string; readonly schema: Schema }>
  >;
  readonly parameters: Parameters;
  /** Answers without the token too. */
  readonly open?: true;
  readonly contentType: string;
  /** Sent beside those of all routes, or in their place. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly schema: Schema;
  /** Which errors it has beside those of all routes. */
  readonly errors: readonly ApiErrorCode[];
  readonly answer: (call: Call) => Answer | Promise<Answer>;
}

export const jsonType = "application/json; charset=utf-8";
