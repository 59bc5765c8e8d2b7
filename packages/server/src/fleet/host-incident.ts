import type { ToldIncident } from "@kissbot/store/fleet";
import type { HostIncident } from "../alerts/host-incidents.js";

/** An incident of the fleet's database as the alerts have it. */
export function hostIncidentOf(incident: ToldIncident): HostIncident {
  const { incidentId, kind, hosts, channel, sinceMs, bots, outcome, isTold } = incident;
  const names = hosts.join(" and ");
  return {
    incidentId,
    rule: kind,
    subject: kind === "host_silent" ? names : channel,
    cause: kind === "host_silent" ? silenceText(bots) : `it is online on ${names}`,
    sinceMs,
    facts: kind === "host_silent" ? { bots } : { hosts: names },
    end: outcome === null || outcome === "over" ? outcome : "gone",
    isTold,
  };
}

function silenceText(bots: number): string {
  const unknown = bots === 0 ? "" : `; its ${bots === 1 ? "bot is" : `${bots} bots are`} unknown`;
  return `its monitor does not report any more${unknown}`;
}
