import type { Settings } from "../../config/settings.js";
import { ApiClient, ApiUnusable } from "../api-client.js";
import type { HealthRow } from "../health-row.js";
import { type Finding, fail, ok, warn } from "./finding.js";
import { adviceOnProblem } from "./problem-advice.js";

export interface HttpState {
  readonly findings: readonly Finding[];
  /** Null if the API cannot be used. */
  readonly client: ApiClient | null;
}

/**
 * Whether the API answers, whether it is that of the monitor on our socket, and what that monitor
 * says is wrong.
 */
export async function checkHttp(settings: Settings, socketAnswers: boolean): Promise<HttpState> {
  const { http, httpToken, socketPath } = settings;
  if (http === null) return { client: null, findings: [ok("HTTP", "off")] };
  const client = new ApiClient(http, httpToken);
  try {
    const health = (await client.json("/healthz")) as unknown as HealthRow;
    if (health.socket === undefined) {
      // Without the token `/healthz` shows only its status.
      await client.json("/api/v1/bots?limit=1");
    }
    return { client, findings: [ok("HTTP", `${client.url} answers`), ...healthFindings(health, socketPath)] };
  } catch (error) {
    if (!(error instanceof ApiUnusable)) throw error;
    const { kind, message } = error;
    if (kind === "refused")
      return { client: null, findings: [fail("HTTP", message, "then run doctor again")] };
    if (kind === "stranger") {
      return { client: null, findings: [fail("HTTP", message, "choose another port with --http")] };
    }
    const advice = "if it was started with another --http, give that here too";
    const finding = socketAnswers ? fail("HTTP", message, advice) : warn("HTTP", message, "start one");
    return { client: null, findings: [finding] };
  }
}

function healthFindings(
  { status, problems = [], socket, version, pid }: HealthRow,
  socketPath: string,
): Finding[] {
  const findings: Finding[] = [];
  if (socket === null) {
    const found = "what answers there is a hub, to which no bot reports";
    findings.push(warn("same monitor", found, "give --http the address of the monitor"));
  } else if (socket !== undefined && socket !== socketPath) {
    const found = `the monitor that answers there listens on ${socket}, not on ${socketPath}`;
    findings.push(warn("same monitor", found, "two monitors run, or --socket or --http is another's"));
  }
  for (const { code, detail } of problems) {
    findings.push(fail("monitor", `${code}: ${detail}`, adviceOnProblem(code)));
  }
  if (status === "ok") findings.push(ok("monitor", `healthy, version ${version ?? "?"}, pid ${pid ?? "?"}`));
  else if (problems.length === 0) findings.push(fail("monitor", status, "look at its log"));
  return findings;
}
