import { useState } from "preact/hooks";
import { BotText } from "../frame/bot-text.js";
import { wordsOf } from "../frame/plain-text.js";
import { useAnswer } from "../frame/use-answer.js";
import { listOf, textOf } from "../link/summary.js";

/** On the page of a bot: how each rule stands on it, and who was told, or why not. */
export function AlertsFold({ channel }: { readonly channel: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details class="more" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Alerts on it, and why somebody is told or not</summary>
      {isOpen && <Explanation channel={channel} />}
    </details>
  );
}

function Explanation({ channel }: { readonly channel: string }) {
  const answer = useAnswer(`api/v1/alerts/explain?channel=${encodeURIComponent(channel)}`);
  const rows = [...listOf(answer?.["rules"]), ...listOf(answer?.["receivers"])];
  return (
    <ul class="problems">
      {rows.map((row) => {
        const receiver = textOf(row["receiver"]);
        const rule = wordsOf(textOf(row["rule"]) ?? "");
        const name = receiver === null ? rule : `${receiver}, of ${rule}`;
        return (
          <li key={name}>
            <strong class={row["open"] === true ? "bad" : ""}>
              <BotText text={name} />
            </strong>
            : <BotText text={textOf(row["text"]) ?? ""} />
          </li>
        );
      })}
    </ul>
  );
}
