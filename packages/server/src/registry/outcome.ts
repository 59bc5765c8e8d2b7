/**
 * `applied`: it was the current process's, or made its process current. `ignored`: it was not, so
 * nothing that it says may be stored as the bot's. `fleet_full`: a new channel past `maxBots`, and
 * no bot is there that could be forgotten for it; or one with features for which there is no room.
 */
export type Outcome = "applied" | "ignored" | "fleet_full";
