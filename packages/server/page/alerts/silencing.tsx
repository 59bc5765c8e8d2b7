import { useState } from "preact/hooks";
import { ChangeFold, Words } from "../frame/change-fold.js";
import { usePage } from "../frame/page-context.js";
import { wordsOf } from "../frame/plain-text.js";

/** For how many seconds nothing is told. */
const lengths = { "15 minutes": 900, "1 hour": 3_600, "4 hours": 14_400, "1 day": 86_400 };

interface SilenceFoldProps {
  /** The bot; if not given, patterns are asked for. */
  readonly channel?: string;
  /** The rule that is silenced, if not all are. */
  readonly rule?: string;
}

/** Has nothing told of a bot, or of bots, for a time. */
export function SilenceFold({ channel, rule }: SilenceFoldProps) {
  return (
    <ChangeFold
      title={channel === undefined ? "Silence bots" : "Silence this bot"}
      done="Silenced."
      path="api/v1/silences"
      why="Why"
      fields={({ channels = "", rules, for_s: seconds, by, why }) => ({
        channels: channel === undefined ? channels.split(",").map((one) => one.trim()) : [channel],
        // An alert that comes and goes is of the same rule.
        ...(rules && { rules: [rules.replace("flapping:", "")] }),
        for_s: Number(seconds),
        by,
        why,
      })}
    >
      {channel === undefined && <Words name="channels" label="Which, such as twitch/*" most={4_096} />}
      {rule !== undefined && (
        <select name="rules" aria-label="Of which alerts">
          <option value={rule}>of {wordsOf(rule)} alone</option>
          <option value="">of all its alerts</option>
        </select>
      )}
      <select name="for_s" aria-label="For how long">
        {Object.entries(lengths).map(([name, seconds]) => (
          <option key={name} value={seconds}>
            for {name}
          </option>
        ))}
      </select>
    </ChangeFold>
  );
}

/** Ends a silence before its time. */
export function EndSilence({ id, name }: { readonly id: string; readonly name: string }) {
  const page = usePage();
  const [message, setMessage] = useState("");
  return (
    <>
      {" "}
      <button
        type="button"
        aria-label={`End the silence of ${name}`}
        onClick={() => {
          page.api.change(`api/v1/silences/${encodeURIComponent(id)}/end`, {}).then(
            () => setMessage("Ended."),
            (error: Error) => setMessage(error.message),
          );
        }}
      >
        End
      </button>{" "}
      <span role="status">{message}</span>
    </>
  );
}
