import { readFileSync } from "node:fs";
import { parse } from "yaml";

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string; readonly refId: string }[];
}

export interface Dashboard {
  readonly uid: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
}

const share = new URL("../../share/", import.meta.url);

export const rulesFile = new URL("prometheus/rules.yml", share);
export const alertRules: readonly AlertRule[] = parse(readFileSync(rulesFile, "utf8")).groups.flatMap(
  ({ rules }: { rules: AlertRule[] }) => rules,
);
export const dashboard: Dashboard = JSON.parse(
  readFileSync(new URL("grafana/dashboard.json", share), "utf8"),
);

/** Each metric of an expression with the labels that its selector names. */
export function selectorsIn(expr: string): { metric: string; labels: string[] }[] {
  const found = expr.matchAll(/\b((?:kissbot|process|nodejs)_\w+|up\b)(?:\{([^}]*)\})?/g);
  return [...found].map(([, metric = "", matchers = ""]) => ({
    metric,
    labels: [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = ""]) => label),
  }));
}

/** What an expression asks for, as Prometheus sees it, without the variables of Grafana. */
export function withoutVariables(expr: string): string {
  return expr.replaceAll("$__rate_interval", "5m").replaceAll('"$instance"', '".*"');
}
