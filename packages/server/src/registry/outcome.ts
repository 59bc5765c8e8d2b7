/**
 * What became of an event. `applied`: it came from the current process, or made its process the
 * current one. `ignored`: it did not, so do not store what it says as the bot's. `fleet_full`: the
 * channel is new, and there is no room for the bot or for its features. `over_quota`: the bot would
 * be one more than its owner may have.
 */
export type Outcome = "applied" | "ignored" | "fleet_full" | "over_quota";
