import type { Route } from "../route.js";

/** The document that describes all routes, this one included. */
export function openapiRoute({ document }: { readonly document: () => object }): Route {
  return {
    path: "/api/v1/openapi.json",
    id: "getOpenapi",
    summary: "This document",
    schema: { type: "object" },
    answer: () => ({ kind: "json", value: document() }),
  };
}
