import type { Answer, Call, Route } from "./route.js";
import { type HostsSource, placeOf, placeProperties, placeRecord, withOptional } from "./scope.js";

/**
 * A route whose answers are of this monitor alone, and say so where a fleet database is set. A list
 * gets it from its means.
 */
export function localRoute(route: Route, hosts: HostsSource | null): Route {
  if (route.schema === null) return route;
  const say = (answer: Answer): Answer =>
    hosts === null || answer.kind !== "json"
      ? answer
      : { kind: "json", value: { ...answer.value, ...placeRecord(placeOf(hosts, "local")) } };
  return {
    ...route,
    schema: withOptional(route.schema, placeProperties),
    answer: (call: Call) => {
      const answer = route.answer(call);
      return answer instanceof Promise ? answer.then(say) : say(answer);
    },
  };
}
