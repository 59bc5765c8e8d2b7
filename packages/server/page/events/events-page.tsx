import { useState } from "preact/hooks";
import { statuses } from "../fleet/bot.js";
import { ConditionName } from "../fleet/condition-mark.js";
import { BotText } from "../frame/bot-text.js";
import { ClockTime } from "../frame/clock-time.js";
import { usePage } from "../frame/page-context.js";
import { plainText } from "../frame/plain-text.js";
import { amountOf, countText } from "../frame/quantity-text.js";
import { TableHead } from "../frame/table-head.js";
import { spanText } from "../frame/time-text.js";
import { useSubject } from "../frame/use-subject.js";
import { eventsOf, type ListedEvent } from "./event-list.js";

const step = 200;
const spanMs = 24 * 3_600_000;

/** The changes of all bots within 24 hours, the newest first, as they come. */
export function EventsPage() {
  const page = usePage();
  page.historyRevision.value;
  const { query, status } = page.route.value;
  const [most, setMost] = useState(step);
  // A page may be open for days, and a bot's last change is known until its next.
  const events = eventsOf(page.history.all(), { query, status, fromMs: page.minuteMs.value - spanMs });
  useSubject("Events");
  return (
    <>
      <h1>Events</h1>
      {page.summary.value?.isHub === true && (
        <p class="dim">A hub has none here: see the hosts' pages, or /api/v1/events.</p>
      )}
      <p class="tools">
        <input
          type="search"
          value={query}
          placeholder="Channel"
          aria-label="Channel"
          autocomplete="off"
          spellcheck={false}
          onInput={({ currentTarget }) => page.adjust({ query: currentTarget.value })}
        />
        <select
          aria-label="Status"
          value={status}
          onChange={({ currentTarget }) => page.go({ status: currentTarget.value })}
        >
          <option value="">every status</option>
          {statuses.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
        <span class="dim" role="status">
          {amountOf(events.length, "event")} in 24 h
        </span>
      </p>
      <table class="plain">
        <TableHead names={["at", "status", "channel and cause"]} />
        <tbody>
          {events.slice(0, most).map((event) => (
            <EventRow key={keyOf(event)} {...event} />
          ))}
        </tbody>
      </table>
      {events.length > most && (
        <button type="button" class="more" onClick={() => setMost(most + step)}>
          {countText(events.length - most)} more
        </button>
      )}
    </>
  );
}

function keyOf({ change }: ListedEvent): string {
  return `${change.tsMs} ${change.to} ${change.channel} ${change.trouble}`;
}

function EventRow({ change, wasDownMs }: ListedEvent) {
  const page = usePage();
  return (
    <tr>
      <td>
        <ClockTime ms={change.tsMs} />
      </td>
      <td>
        <ConditionName condition={change.to} />
      </td>
      <td class="wide">
        <a class="event" href={page.href({ page: "bot", channel: change.channel })}>
          <BotText text={change.channel} />
        </a>{" "}
        <span class="dim">
          <BotText text={change.cause} />
          {change.trouble !== null && `: ${plainText(change.trouble)}`}
          {wasDownMs !== null && `, was down for ${spanText(wasDownMs)}`}
        </span>
      </td>
    </tr>
  );
}
