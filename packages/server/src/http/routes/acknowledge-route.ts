import { ApiError } from "../api-error.js";
import { bodySchemaOf, byField, fieldsOf, lineField } from "../body-field.js";
import { valuesOf } from "../parameter.js";
import { jsonType, type Route } from "../route.js";
import { objectSchema, textSchema } from "../schema.js";
import type { Desk } from "./silence-routes.js";

const fields = {
  by: { ...byField, required: true },
  why: { ...lineField(256, "What is being done about it."), required: true },
} as const;

/** Somebody knows of an alert: nobody is reminded of it any more. */
export function acknowledgeRoute({ desk }: { readonly desk: Pick<Desk, "acknowledge"> }): Route {
  return {
    method: "POST",
    path: "/api/v1/alerts/{alert_id}/ack",
    id: "acknowledgeAlert",
    summary: "Says that somebody knows of an open alert: nobody is reminded of it any more",
    pathParameters: {
      alert_id: { description: "As `alert_id` names it.", schema: { type: "string", minLength: 1 } },
    },
    parameters: {},
    writes: true,
    body: bodySchemaOf(fields),
    bodyBytes: 4_096,
    contentType: jsonType,
    schema: objectSchema({ alert_id: textSchema, by: textSchema, why: textSchema }),
    errors: ["not_found"],
    answer: ({ path, query, body }) => {
      valuesOf(query, {}, 0);
      const { by, why } = fieldsOf(body, fields);
      const alertId = path["alert_id"] ?? "";
      if (desk.acknowledge(alertId, by, why) === null) {
        throw new ApiError("not_found", "no such alert is open; /api/v1/alerts lists those that are");
      }
      return { kind: "json", value: { alert_id: alertId, by, why } };
    },
  };
}
