import { cookieName } from "../dashboard/session-cookie.js";
import { type ApiErrorCode, apiErrorCodes, errorSchema, errorsForPeople } from "./api-error.js";
import { bodySchemaOf } from "./body-field.js";
import { botSchema } from "./fleet-json.js";
import { summarySchema } from "./fleet-summary.js";
import { jsonType, methodOf, type Route } from "./route.js";
import { textSchema } from "./schema.js";

/** Errors that any route can answer. */
const everywhere: readonly ApiErrorCode[] = [
  "bad_request",
  "invalid_parameter",
  "unknown_parameter",
  "forbidden_host",
  "forbidden_origin",
  "forbidden_proxy",
  "method_not_allowed",
  "internal",
];

/**
 * The OpenAPI 3.1 document of these routes. It is made of what the routes themselves read, so it
 * cannot fall behind them.
 */
export function openapiOf(routes: readonly Route[]): object {
  return {
    openapi: "3.1.0",
    info: {
      title: "KissBot Monitor",
      version: "1",
      description:
        "Which bots of the fleet are alive, what they take and what their LLM calls cost. Everything is read by GET, and nothing is changed here but the caller's own session. What is not known is null.",
    },
    paths: pathsOf(routes),
    components: {
      schemas: { Bot: botSchema, Error: errorSchema, Summary: summarySchema },
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: "Needed where the monitor has a --http-token.",
        },
        session: {
          type: "apiKey",
          in: "cookie",
          name: cookieName,
          description: "What a browser has in place of the token: POST /api/v1/session sets it.",
        },
      },
    },
  };
}

function pathsOf(routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [methodOf(route).toLowerCase()]: operationOf(route) };
  }
  return paths;
}

function operationOf(route: Route): object {
  const { fields, open } = route;
  const body = fields === undefined ? route.body : bodySchemaOf(fields);
  const requestBody = { required: true, content: { "application/json": { schema: body } } };
  return {
    operationId: route.id,
    summary: route.summary,
    parameters: parametersOf(route),
    ...(body === undefined ? {} : { requestBody }),
    security: open ? [{}] : [{}, { token: [] }, { session: [] }],
    responses: {
      ...(route.schema === null
        ? { "204": { description: "Done." } }
        : {
            "200": {
              description: "The answer.",
              content: { [mediaTypeOf(route)]: { schema: route.schema } },
            },
          }),
      ...errorsOf(route),
    },
  };
}

function parametersOf({ pathParameters = {}, parameters = {} }: Route): object[] {
  const inPath = Object.entries(pathParameters).map(([name, { description, schema }]) => ({
    name,
    in: "path",
    required: true,
    description,
    schema,
  }));
  const inQuery = Object.entries(parameters).map(([name, { description, schema }]) => ({
    name,
    in: "query",
    required: false,
    description,
    schema,
  }));
  return [...inPath, ...inQuery];
}

function errorsOf(route: Route): Record<string, object> {
  const guarded: readonly ApiErrorCode[] = route.open ? [] : ["unauthorized", "busy"];
  const byStatus: Record<string, ApiErrorCode[]> = {};
  for (const code of new Set([...everywhere, ...guarded, ...(route.errors ?? [])])) {
    const codes = byStatus[apiErrorCodes[code]] ?? [];
    byStatus[apiErrorCodes[code]] = [...codes, code];
  }
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, codes]) => [
      status,
      { description: codes.join(", "), content: contentOf(codes) },
    ]),
  );
}

function contentOf(codes: readonly ApiErrorCode[]): object {
  return {
    "application/json": { schema: { $ref: "#/components/schemas/Error" } },
    ...(codes.some((code) => errorsForPeople.includes(code)) ? { "text/plain": { schema: textSchema } } : {}),
  };
}

export function mediaTypeOf({ contentType = jsonType }: Pick<Route, "contentType">): string {
  return contentType.split(";", 1)[0] as string;
}
