import { valuesOf } from "../parameter.js";
import { jsonType, type Route } from "../route.js";

/** The document that describes all routes, this one included. */
export function openapiRoute({ document }: { readonly document: () => object }): Route {
  return {
    path: "/api/v1/openapi.json",
    id: "getOpenapi",
    summary: "This document",
    parameters: {},
    contentType: jsonType,
    schema: { type: "object" },
    errors: [],
    answer: ({ query }) => {
      valuesOf(query, {}, 0);
      return { kind: "json", value: document() };
    },
  };
}
