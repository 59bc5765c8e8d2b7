import { ApiError } from "../api-error.js";
import { byField, lineField } from "../body-field.js";
import { type Route, routeOf } from "../route.js";
import { objectSchema, textSchema } from "../schema.js";
import type { Desk } from "./silence-routes.js";

const fields = {
  by: { ...byField, required: true },
  why: { ...lineField(256, "What is being done about it."), required: true },
} as const;

/** Acknowledges an alert: its reminders stop. */
export function acknowledgeRoute({ desk }: { readonly desk: Pick<Desk, "acknowledge"> }): Route {
  return routeOf({
    method: "POST",
    path: "/api/v1/alerts/{alert_id}/ack",
    id: "acknowledgeAlert",
    summary: "Says that somebody knows of an open alert: nobody is reminded of it any more",
    pathParameters: {
      alert_id: { description: "As `alert_id` names it.", schema: { type: "string", minLength: 1 } },
    },
    writes: true,
    fields,
    bodyBytes: 4_096,
    schema: objectSchema({ alert_id: textSchema, by: textSchema, why: textSchema }),
    errors: ["not_found"],
    answer: ({ path, fields }) => {
      const { by, why } = fields;
      const alertId = path["alert_id"] ?? "";
      if (desk.acknowledge(alertId, by, why) === null) {
        throw new ApiError("not_found", "no such alert is open; /api/v1/alerts lists those that are");
      }
      return { kind: "json", value: { alert_id: alertId, by, why } };
    },
  });
}
