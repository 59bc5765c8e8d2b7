import { type Notice, severities } from "../alerts/notice.js";
import type { ReceiverSettings } from "../config/alert-settings.js";

const overKinds = ["up", "was_down", "steady"];

/** Whom a notice mentions: those of its gravest news. Nobody is called for what is over. */
export function mentionsOf({ items }: Notice, mention: ReceiverSettings["mention"]): readonly string[] {
  const news = items.filter(({ kind, endedMs }) => !overKinds.includes(kind) && endedMs === null);
  const worst = severities.findLast((severity) => news.some((item) => item.severity === severity));
  return worst === undefined ? [] : (mention[worst] ?? []);
}
