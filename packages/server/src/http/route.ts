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
   * Whether the caller may read: with the token, if one is set. Only an `open` route is called
   * without.
   */
  readonly isAuthorized: boolean;
  readonly mayWrite: boolean;
  /** The origin of the calling page; null if it is not a page. */
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
   * Written piece by piece, each after the previous one was taken. `sent` is called for each piece
   * once the system has taken it or never will; `closed` once, when the answer is over, complete or
   * not.
   */
  | {
      readonly kind: "chunks";
      readonly chunks: AsyncIterable<Buffer>;
      readonly sent?: (chunk: Buffer) => void;
      readonly closed?: () => void;
    }
  /**
   * Stays open. `assertPlace` throws where it may not be opened; nothing comes between it and
   * `open`. The status line and headers are sent already when that is called, and say gzip where
   * `isGzip`.
   */
  | {
      readonly kind: "stream";
      readonly assertPlace: () => void;
      readonly open: (response: ServerResponse, isGzip: boolean) => void;
    }
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
  /** The parameters of the query. Others, or bad values, are errors. None by default. */
  readonly parameters?: P;
  /** The fields of the body. Others, or bad values, are errors. */
  readonly fields?: F;
  /** The schema of a body that the route reads itself, in place of `fields`. */
  readonly body?: Schema;
  /** The most bytes of the body, if not `bodyBytes`. */
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
  /** Null if it answers only with headers. */
  readonly schema: Schema | null;
  /** Which errors it has beside those of all routes; none if not given. */
  readonly errors?: readonly ApiErrorCode[];
  answer(call: Call<P, F>): Answer | Promise<Answer>;
}

/** A route whose `answer` gets the values of its own parameters and fields. */
export function routeOf<
  P extends Parameters = Record<never, never>,
  F extends BodyFields = Record<never, never>,
>(route: Route<P, F>): Route {
  return route;
}

export function methodOf({ method }: Pick<Route, "method">): "GET" | "POST" | "DELETE" {
  return method ?? "GET";
}

/** The most bytes of a request's body. */
export const bodyBytes = 1_024;

export const jsonType = "application/json; charset=utf-8";
