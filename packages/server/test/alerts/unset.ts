import type { ReceiverTerms } from "../../src/alerts/receiver-door.js";
import type { RuleSettings } from "../../src/config/alert-settings.js";

/** A receiver without limits. */
export const anything: Omit<ReceiverTerms, "name"> = {
  only: null,
  rules: null,
  bots: null,
  labels: null,
  afterMs: null,
  repeatMs: null,
  fallback: null,
};

/** A rule with its defaults. */
export const unset: RuleSettings = {
  enabled: true,
  forMs: null,
  holdMs: null,
  above: null,
  below: null,
  clear: null,
  least: null,
  leastPct: null,
  models: null,
  features: null,
  metric: null,
  bots: null,
  severity: null,
};
