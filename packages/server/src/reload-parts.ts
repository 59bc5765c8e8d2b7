import type { BotWordBook } from "./config/bot-words.js";
import type { ReloadPart } from "./control/reloading.js";
import type { FleetJson } from "./http/fleet-json.js";
import type { LiveFeed } from "./live/live-feed.js";
import type { FleetView } from "./registry/fleet-view.js";

/** The operator's words on bots: those who view the fleet are told of each bot anew. */
export function wordsPart({
  words,
  json,
  fleet,
  feed,
}: {
  readonly words: Pick<BotWordBook, "replace">;
  readonly json: Pick<FleetJson, "wordsChanged">;
  readonly fleet: Pick<FleetView, "bots">;
  readonly feed: Pick<LiveFeed, "botChanged">;
}): ReloadPart {
  return {
    settings: ["bots"],
    prepare: ({ settings: { bots } }, changed) => {
      if (!changed.has("bots")) return null;
      const apply = () => {
        words.replace(bots);
        json.wordsChanged();
        for (const bot of fleet.bots()) feed.botChanged(bot);
      };
      return { apply };
    },
  };
}
