import { useRef } from "preact/hooks";
import { TimelineStrip } from "../bot/timeline-strip.js";
import { Age } from "../frame/age.js";
import { BotText } from "../frame/bot-text.js";
import { usePage } from "../frame/page-context.js";
import { megabytesText, percentText } from "../frame/quantity-text.js";
import type { Bot } from "./bot.js";
import { GroupHead } from "./bot-row.js";
import { ConditionName } from "./condition-mark.js";
import { useRowView } from "./row-view.js";
import { rowRanges } from "./row-window.js";
import type { RowParts } from "./table-rows.js";
import { conditionOf } from "./worst-first.js";

const cardHeight = 64;

/** The table on a phone: two lines for each bot. */
export function BotCards({ shown, rowOf, toggle }: RowParts) {
  const page = usePage();
  page.revision.value;
  const list = useRef<HTMLUListElement>(null);
  const { topPx, heightPx } = useRowView(list, cardHeight);
  const [range = { from: 0, to: 0 }] = rowRanges({
    count: shown.length,
    rowHeight: cardHeight,
    topPx,
    heightPx,
  });
  const style = {
    paddingTop: `${range.from * cardHeight}px`,
    paddingBottom: `${(shown.length - range.to) * cardHeight}px`,
  };
  return (
    <ul ref={list} class="cards" style={style}>
      {shown.slice(range.from, range.to).map((key, at) => {
        const row = rowOf(key);
        if (row === undefined) return null;
        return (
          <li key={key} aria-setsize={shown.length} aria-posinset={range.from + at + 1}>
            {row.kind === "group" ? <GroupHead {...row} toggle={toggle} /> : <Card bot={row.bot} />}
          </li>
        );
      })}
    </ul>
  );
}

function Card({ bot }: { readonly bot: Bot }) {
  const page = usePage();
  return (
    <a class="card" href={page.href({ page: "bot", channel: bot.channel })}>
      <span class="line">
        <ConditionName condition={conditionOf(bot)} />
        <span class="name">
          <BotText text={bot.channel} />
        </span>
        <Age ms={bot.lastSeenMs} short />
      </span>
      <span class="line">
        <TimelineStrip bot={bot} />
        {(bot.cpuPct !== null || bot.rssMb !== null) && (
          <span class="dim">
            {percentText(bot.cpuPct)} % · {megabytesText(bot.rssMb)} MB
          </span>
        )}
      </span>
    </a>
  );
}
