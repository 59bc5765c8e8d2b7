import type { ServerResponse } from "node:http";
import type { ApiErrorCode } from "./api-error.js";
import type { BodyFields, FieldValues } from "./body-field.js";
import type { Parameters, Values } from "./parameter.js";
import type { Schema } from "./schema.js";

/** What a route is asked. */
export interface Call<P extends Parameters = Parameters, F extends BodyFields = BodyFields> {
  /** The decoded parts of the path. */
  readonly path: Readonly<Record<string, string>>;
  /** What the query says, by the parameters of the route. */
  readonly query: Values<P>;
  /** What the body says, by the fields of the route. */
  readonly fields: FieldValues<F>;
  /** When the request came, in Unix milliseconds. */
  readonly nowMs: number;
  /**
   * Whether the caller brought the token, where one is needed. Only a route that is `open` is
   * called without.
   */
  readonly isAuthorized: boolean;
  readonly mayWrite: boolean;
  /** Where the calling page is from; null where it is no page. */
  readonly origin: string | null;
  /** What was posted, parsed from JSON; undefined if nothing was. */
  readonly body: unknown;
}

/** What it answers. */
export type Answer =
  | { readonly kind: "json"; readonly value: object }
  /** JSON that is text already. */
  | { readonly kind: "text"; readonly text: string }
  /**
   * Written piece by piece, each when the one before was taken. `sent` tells of each that the
   * system has, or never will have; `closed`, once, that the answer is over, whether it came to its
   * end or not.
   */
  | {
      readonly kind: "chunks";
      readonly chunks: AsyncIterable<Buffer>;
      readonly sent?: (chunk: Buffer) => void;
      readonly closed?: () => void;
    }
  /**
   * Stays open; the status line and headers are sent already when it is called, and say gzip where
   * `isGzip`.
   */
  | { readonly kind: "stream"; readonly open: (response: ServerResponse, isGzip: boolean) => void }
  /** Nothing but headers. */
  | { readonly kind: "empty"; readonly headers: Readonly<Record<string, string>> };

/** One route, with what the OpenAPI document says of it. */
export interface Route<P extends Parameters = Parameters, F extends BodyFields = BodyFields> {
  /** GET, which answers HEAD too, if not given. */
  readonly method?: "POST" | "DELETE";
  /** With its parameters in braces. */
  readonly path: string;
  /** The name of the operation in generated clients. */
  readonly id: string;
  readonly summary: string;
  readonly pathParameters?: Readonly<
    Record<string, { readonly description: string; readonly schema: Schema }>
  >;
  /** Of the query. A query that has others, or bad values, is an error. None if not given. */
  readonly parameters?: P;
  /** Of the body. A body that has others, or bad values, is an error. */
  readonly fields?: F;
  /** The schema of a body that the route reads itself, in place of `fields`. */
  readonly body?: Schema;
  /** How long that may be, if not `bodyBytes`. */
  readonly bodyBytes?: number;
  /** Answers without the token too. */
  readonly open?: true;
  /** Only a page of this host may call it. */
  readonly forPages?: true;
  /** It changes something: it needs the token for that. */
  readonly writes?: true;
  /** `jsonType` if not given. */
  readonly contentType?: string;
  /** Sent beside those of all routes, or in their place. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Null where it answers with headers alone. */
  readonly schema: Schema | null;
  /** Which errors it has beside those of all routes; none if not given. */
  readonly errors?: readonly ApiErrorCode[];
  answer(call: Call<P, F>): Answer | Promise<Answer>;
}

/** A route whose `answer` gets what its own parameters and fields read. */
export function routeOf<
  P extends Parameters = Record<never, never>,
  F extends BodyFields = Record<never, never>,
>(route: Route<P, F>): Route {
  return route;
}

export function methodOf({ method }: Pick<Route, "method">): "GET" | "POST" | "DELETE" {
  return method ?? "GET";
}

/** How long the body of a request may be. */
export const bodyBytes = 1_024;

export const jsonType = "application/json; charset=utf-8";
