import type { Episode, Outcome } from "../episode.js";
import type { HostIncidents, HostRule } from "../host-incidents.js";
import type { Finding, RuleTerms, SystemRule } from "../rule.js";

/** What the leader of the hosts found, as far as this monitor tells of it. */
export class HostIncidentRule implements SystemRule {
  readonly terms: RuleTerms;
  readonly isFineUnnamed = false;
  readonly #rule: HostRule;
  readonly #incidents: HostIncidents;

  constructor(terms: RuleTerms, rule: HostRule, incidents: HostIncidents) {
    this.terms = terms;
    this.#rule = rule;
    this.#incidents = incidents;
  }

  judgeAll(): readonly Finding[] {
    return this.#incidents.findings(this.#rule);
  }

  endOf(episode: Episode): Outcome | null {
    return this.#incidents.endOf(episode);
  }
}
