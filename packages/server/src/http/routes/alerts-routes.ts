import type { StoredAlert, StoredTell } from "@kissbot/store";
import { definedOf } from "../../defined-members.js";
import {
  alertSchema,
  episodeJson,
  noticeJson,
  noticeSchema,
  receiverJson,
  receiverSchema,
  silenceJson,
  silenceSchema,
  storedAlertJson,
} from "../alert-json.js";
import type { AlertsView } from "../alerts-view.js";
import { ApiError } from "../api-error.js";
import { listAnswer } from "../list-body.js";
import { openPage } from "../open-alerts.js";
import { choiceParameter, integerParameter, textParameter, timeParameter } from "../parameter.js";
import { type Route, routeOf } from "../route.js";
import { countSchema, listSchema, mapSchema, objectSchema, orNull, textSchema } from "../schema.js";
import { type StoredLists, storeErrors } from "../store-reads.js";

interface Parts extends StoredLists {
  readonly alerts: AlertsView;
}

/** The default limit of open alerts. */
const mostOpen = 1_000;

const listParameters = {
  state: choiceParameter(
    ["open", "all"],
    "open: those that are open, from memory; all: those that ended as well, the newest first, from the database. open if not given.",
  ),
  subject: textParameter("Only alerts on this bot, or another subject."),
  rule: textParameter("Only alerts of this rule."),
  from: timeParameter("With state=all: only alerts that opened at or after this time."),
  to: timeParameter("With state=all: only alerts that opened before this time."),
  limit: integerParameter(
    1,
    10_000,
    "At most so many alerts; 1,000 of those that are open, else 100, if not given.",
  ),
  after: textParameter(
    "With state=open: only alerts behind this place, which an answer before had as `next`.",
  ),
};

const noticeParameters = {
  receiver: textParameter("Only notices to this receiver."),
  alert_id: textParameter("Only notices that say something of this alert."),
  from: timeParameter("Only notices that were made at or after this time."),
  to: timeParameter("Only notices that were made before this time."),
  limit: integerParameter(1, 1_000, "At most so many notices; 100 if not given."),
};

const explainParameters = { channel: textParameter("The bot.") };

/** What is wrong, and which receivers were notified, or why not. */
export function alertsRoutes(parts: Parts): readonly Route[] {
  return [
    alertsRoute(parts),
    explainRoute(parts),
    alertRoute(parts),
    ...deskRoutes(parts),
    noticesRoute(parts),
  ];
}

function alertsRoute({ alerts, store, means }: Parts): Route {
  return routeOf({
    path: "/api/v1/alerts",
    id: "listAlerts",
    summary: "The alerts that are open, or all that there were",
    parameters: listParameters,
    schema: objectSchema({
      on: { type: "boolean", description: "Whether anybody would be told." },
      total: {
        ...orNull(countSchema),
        description: "How many are open, on all pages; null with state=all.",
      },
      next: {
        ...orNull(textSchema),
        description: "What `after` is to be for those that follow; null where none do.",
      },
      alerts: listSchema(alertSchema),
    }),
    errors: storeErrors,
    answer: async ({ query }) => {
      const { state = "open", subject, rule, from, to, limit, after } = query;
      const head = (total: number | null, next: string | null) =>
        `{"on":${alerts.isOn},"total":${total},"next":${JSON.stringify(next)},"alerts":[`;
      if (state === "open") {
        const open = alerts
          .openAlerts()
          .filter((one) => subject === undefined || one.subject.name === subject)
          .filter((one) => rule === undefined || one.rule === rule);
        const encode = (one: (typeof open)[number]) =>
          JSON.stringify(episodeJson(one, alerts.tellsOf(one.alertId)));
        const { alerts: items, total, next } = openPage(open, after, limit ?? mostOpen);
        return listAnswer({ head: head(total, next), items, encode, tail: "]}" }, means);
      }
      const history = await store.ask((reads) =>
        reads.alertHistory(definedOf({ subject, rule, fromMs: from, toMs: to, limit })),
      );
      const tells = tellsByAlert(history.tells);
      const encode = (alert: StoredAlert) =>
        JSON.stringify(storedAlertJson(alert, tells.get(alert.alertId) ?? []));
      return listAnswer({ head: head(null, null), items: history.alerts, encode, tail: "]}" }, means);
    },
  });
}

function alertRoute({ alerts, store }: Parts): Route {
  return {
    path: "/api/v1/alerts/{alert_id}",
    id: "getAlert",
    summary: "One alert",
    pathParameters: {
      alert_id: { description: "The alert's id.", schema: { type: "string", minLength: 1 } },
    },
    schema: alertSchema,
    errors: ["not_found", ...storeErrors],
    answer: async ({ path }) => {
      const alertId = path["alert_id"] ?? "";
      const episode = alerts.alert(alertId);
      if (episode !== null) return { kind: "json", value: episodeJson(episode, alerts.tellsOf(alertId)) };
      const { alerts: found, tells } = await store.ask((reads) => reads.alertHistory({ alertId }));
      const [alert] = found;
      if (alert === undefined)
        throw new ApiError("not_found", "there is no such alert; /api/v1/alerts lists those that are open");
      return { kind: "json", value: storedAlertJson(alert, tells) };
    },
  };
}

function explainRoute({ alerts }: Parts): Route {
  return routeOf({
    path: "/api/v1/alerts/explain",
    id: "explainAlerts",
    summary: "How each rule stands on a bot, and who was told, or why not",
    parameters: explainParameters,
    schema: objectSchema({
      channel: textSchema,
      known: { type: "boolean", description: "Whether the fleet has such a bot." },
      rules: listSchema(
        objectSchema({
          rule: textSchema,
          state: { type: "string", enum: ["fine", "wrong", "unknown", "not_asked"] },
          open: { type: "boolean" },
          text: textSchema,
          facts: mapSchema({ type: ["string", "number", "null"] }, "What the rule saw, by name."),
        }),
      ),
      receivers: listSchema(
        objectSchema({
          receiver: textSchema,
          alert_id: textSchema,
          rule: textSchema,
          code: textSchema,
          text: textSchema,
          notice_id: orNull(textSchema),
        }),
      ),
    }),
    answer: ({ query }) => {
      const { channel } = query;
      if (channel === undefined) throw new ApiError("invalid_parameter", "channel: expected a bot");
      const { isKnown, rules, receivers } = alerts.explain(channel);
      const value = {
        channel,
        known: isKnown,
        rules: rules.map(({ rule, state, isOpen, text, facts }) => ({
          rule,
          state,
          open: isOpen,
          text,
          facts,
        })),
        receivers: receivers.map(({ receiver, alertId, rule, code, text, noticeId }) => ({
          receiver,
          alert_id: alertId,
          rule,
          code,
          text,
          notice_id: noticeId,
        })),
      };
      return { kind: "json", value };
    },
  });
}

function deskRoutes({ alerts }: Parts): readonly Route[] {
  return [
    {
      path: "/api/v1/receivers",
      id: "listReceivers",
      summary: "The receivers of alerts, and whether anything gets through to them",
      schema: objectSchema({ receivers: listSchema(receiverSchema) }),
      answer: () => ({ kind: "json", value: { receivers: alerts.receivers().map(receiverJson) } }),
    },
    {
      path: "/api/v1/silences",
      id: "listSilences",
      summary: "The silences that are active, and those that were within a day",
      schema: objectSchema({ silences: listSchema(silenceSchema) }),
      answer: ({ nowMs }) => {
        const silences = alerts.silences().map((silence) => silenceJson(silence, nowMs));
        return { kind: "json", value: { silences } };
      },
    },
  ];
}

function noticesRoute({ store, means }: Parts): Route {
  return routeOf({
    path: "/api/v1/notices",
    id: "listNotices",
    summary: "The messages to receivers, the newest first",
    parameters: noticeParameters,
    schema: objectSchema({ notices: listSchema(noticeSchema) }),
    errors: storeErrors,
    answer: async ({ query }) => {
      const { receiver, alert_id: alertId, from, to, limit } = query;
      const notices = await store.ask((reads) =>
        reads.notices(definedOf({ receiver, alertId, fromMs: from, toMs: to, limit })),
      );
      const encode = (notice: (typeof notices)[number]) => JSON.stringify(noticeJson(notice));
      return listAnswer({ head: '{"notices":[', items: notices, encode, tail: "]}" }, means);
    },
  });
}

function tellsByAlert(tells: readonly StoredTell[]): ReadonlyMap<string, StoredTell[]> {
  const byAlert = new Map<string, StoredTell[]>();
  for (const tell of tells) byAlert.set(tell.alertId, [...(byAlert.get(tell.alertId) ?? []), tell]);
  return byAlert;
}
