import { type Health, healthRecord, healthSchema } from "../health.js";
import type { Route } from "../route.js";

/**
 * Always 200 while it serves. Without the token it answers only the status, which is enough for a
 * load balancer or a container's health check.
 */
export function healthRoute({ health }: { readonly health: () => Health }): Route {
  return {
    path: "/healthz",
    id: "getHealth",
    summary: "How the monitor itself is; 200 whenever it serves, so look at `status`",
    open: true,
    schema: healthSchema,
    answer: ({ isAuthorized }) => {
      const now = health();
      return { kind: "json", value: isAuthorized ? healthRecord(now) : { status: now.status } };
    },
  };
}
