import { useState } from "preact/hooks";
import { TimelineStrip } from "../bot/timeline-strip.js";
import { Age } from "../frame/age.js";
import { BotText } from "../frame/bot-text.js";
import { usePage } from "../frame/page-context.js";
import type { Attention } from "./attention.js";
import { ConditionName } from "./condition-mark.js";

const mostOpen = 8;
const oldMs = 86_400_000;

interface TroubleListProps {
  readonly items: readonly Attention[];
  readonly nowMs: number;
}

/** What needs somebody, the worst first; what is down for over a day stands folded below. */
export function TroubleList({ items, nowMs }: TroubleListProps) {
  const [isWhole, setIsWhole] = useState(false);
  const isOld = ({ condition, sinceMs }: Attention) =>
    condition === "dead" && sinceMs !== null && nowMs - sinceMs > oldMs;
  const recent = items.filter((item) => !isOld(item));
  const old = items.filter(isOld);
  const shown = isWhole ? recent : recent.slice(0, mostOpen);
  if (items.length === 0) return null;
  return (
    <section class="trouble" aria-labelledby="trouble-title">
      <h2 id="trouble-title" class="unseen">
        Needs attention
      </h2>
      {shown.length > 0 && <List items={shown} />}
      {recent.length > mostOpen && (
        <button type="button" class="more" aria-expanded={isWhole} onClick={() => setIsWhole(!isWhole)}>
          {isWhole ? `Only the first ${mostOpen}` : `and ${recent.length - mostOpen} more`}
        </button>
      )}
      {old.length > 0 && (
        <details class="more">
          <summary>{botsIn(old)} dead for more than a day</summary>
          <List items={old} />
        </details>
      )}
    </section>
  );
}

function botsIn(items: readonly Attention[]): number {
  return items.reduce((sum, { bots }) => sum + bots.length, 0);
}

function List({ items }: { readonly items: readonly Attention[] }) {
  return (
    <ul class="items">
      {items.map((item) => (
        <Item key={item.key} item={item} />
      ))}
    </ul>
  );
}

/** The most bots with one cause that a line names. */
const mostNamed = 3;

function Item({ item }: { readonly item: Attention }) {
  const page = usePage();
  const { condition, bots, title, why, sinceMs } = item;
  const [first] = bots;
  if (first === undefined) return null;
  const isOne = bots.length === 1;
  return (
    <li class={`item is-${condition}`}>
      <ConditionName condition={condition} />
      {isOne ? (
        <a class="name" href={page.href({ page: "bot", channel: first.channel })}>
          <BotText text={title} />
        </a>
      ) : (
        <span class="name">
          <b>
            <BotText text={title} />
          </b>
          <small>
            {bots.slice(0, mostNamed).map(({ channel }) => (
              <a key={channel} href={page.href({ page: "bot", channel })}>
                <BotText text={channel} />
              </a>
            ))}
            {bots.length > mostNamed && <span>and {bots.length - mostNamed} more</span>}
          </small>
        </span>
      )}
      <span class="why" dir="auto">
        {why}
      </span>
      <span class="since">
        <Age ms={sinceMs} />
      </span>
      <TimelineStrip bot={first} />
    </li>
  );
}
