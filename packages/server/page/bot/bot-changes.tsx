import { SilenceFold } from "../alerts/silencing.js";
import type { Bot } from "../fleet/bot.js";
import { ChangeFold, useMayWrite } from "../frame/change-fold.js";

/** What a session that may write can do about a bot. */
export function BotChanges({ channel, status }: Pick<Bot, "channel" | "status">) {
  if (!useMayWrite()) return null;
  return (
    <div class="changes">
      <SilenceFold channel={channel} />
      {/* An online bot would be back at its next heartbeat. */}
      {status !== "online" && (
        <ChangeFold
          title="Forget this bot"
          done="It is forgotten."
          path={`api/v1/bots/${encodeURIComponent(channel)}/forget`}
        >
          <p>
            It leaves all lists and counts. Its history stays, and it comes back as a new bot when it is heard
            again.
          </p>
        </ChangeFold>
      )}
    </div>
  );
}
