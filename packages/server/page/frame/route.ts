/**
 * Which page is shown, and what of it. All of it stands in the hash of the URL, so that each view
 * is a link.
 */
export type PageName = "fleet" | "bot" | "alerts" | "events" | "usage" | "monitor";

export interface Route {
  readonly page: PageName;
  /** Of the page of one bot. */
  readonly channel: string;
  readonly query: string;
  readonly status: string;
  readonly group: string;
  readonly sort: string;
  readonly range: string;
  readonly by: string;
  /** "" is the browser's own. */
  readonly zone: string;
}

/** What is not in the hash. */
export const homeRoute: Route = {
  page: "fleet",
  channel: "",
  query: "",
  status: "",
  group: "",
  sort: "",
  range: "",
  by: "",
  zone: "",
};

/** Fields of the route by their name in the hash. */
const parameters = {
  q: "query",
  status: "status",
  group: "group",
  sort: "sort",
  range: "range",
  by: "by",
  zone: "zone",
} as const;

/** Whatever the hash is, a route comes of it: what nobody knows changes nothing. */
export function routeFrom(hash: string): Route {
  const text = hash.replace(/^#\/?/, "");
  const mark = text.indexOf("?");
  const path = mark < 0 ? text : text.slice(0, mark);
  const search = new URLSearchParams(mark < 0 ? "" : text.slice(mark + 1));
  const found: Record<string, string> = {};
  for (const [name, field] of Object.entries(parameters)) {
    const value = search.get(name);
    if (value !== null && value.length <= 1_000) found[field] = value;
  }
  return { ...homeRoute, ...found, ...placeOf(path) };
}

function placeOf(path: string): Pick<Route, "page" | "channel"> {
  const [head = "", rest = ""] = path.split("/", 2);
  if (head === "bots" && rest !== "") {
    try {
      return { page: "bot", channel: decodeURIComponent(rest) };
    } catch {
      return { page: "fleet", channel: "" };
    }
  }
  const page = (["alerts", "events", "usage", "monitor"] as const).find((one) => one === head);
  return { page: page ?? "fleet", channel: "" };
}

/** The shortest hash that gives this route. */
export function hashOf(route: Partial<Route>): string {
  const { page = "fleet", channel = "" } = route;
  const path = page === "fleet" ? "" : page === "bot" ? `bots/${encodeURIComponent(channel)}` : page;
  const search = new URLSearchParams();
  for (const [name, field] of Object.entries(parameters)) {
    const value = route[field] ?? "";
    if (value !== "") search.set(name, value);
  }
  const query = search.toString();
  return `#/${path}${query === "" ? "" : `?${query}`}`;
}
