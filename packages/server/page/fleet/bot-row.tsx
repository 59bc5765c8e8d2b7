import { TimelineStrip } from "../bot/timeline-strip.js";
import { Age } from "../frame/age.js";
import { BotText } from "../frame/bot-text.js";
import { usePage } from "../frame/page-context.js";
import { countText, megabytesText, percentText } from "../frame/quantity-text.js";
import { shortCostText } from "../usage/cost-text.js";
import type { UsageSum } from "../usage/llm-usage.js";
import type { Bot } from "./bot.js";
import { ConditionName } from "./condition-mark.js";
import type { Sorting } from "./sorting.js";
import { conditionOf } from "./worst-first.js";

interface Column {
  readonly name: string;
  readonly text: string;
  readonly title?: string;
  readonly sort: Sorting | null;
}

/** What the calls of a bot came to within 24 hours, by channel. */
export type Costs = ReadonlyMap<string, UsageSum>;

const columns: readonly Column[] = [
  { name: "status", text: "status", sort: "worst" },
  { name: "channel", text: "channel", sort: "channel" },
  { name: "strip", text: "last 24 h", sort: null },
  { name: "cpu", text: "CPU %", title: "100 is one core", sort: "cpu" },
  { name: "mb", text: "MB", title: "Resident memory", sort: "mb" },
  {
    name: "restarts",
    text: "crashes",
    title: "Processes that ended without a goodbye: in the last hour / ever",
    sort: "restarts",
  },
  { name: "cost", text: "cost 24 h", title: "What its calls of models came to", sort: "cost" },
  { name: "heard", text: "last heard", sort: "heard" },
];

/** Where no bot calls a model, nobody needs that column. */
export function columnsOf(costs: Costs): readonly Column[] {
  return costs.size === 0 ? columns.filter(({ name }) => name !== "cost") : columns;
}

interface BotRowProps {
  readonly bot: Bot;
  readonly costs: Costs;
  readonly index: number;
  /** Its link is the one stop of the Tab key in the table. */
  readonly isActive: boolean;
  readonly onFocus: () => void;
}

export function BotRow({ bot, costs, index, isActive, onFocus }: BotRowProps) {
  const page = usePage();
  return (
    <tr aria-rowindex={index} class="bot">
      <td class="col-status">
        <ConditionName condition={conditionOf(bot)} />
      </td>
      <td class="col-channel">
        <a
          href={page.href({ page: "bot", channel: bot.channel })}
          tabIndex={isActive ? 0 : -1}
          onFocus={onFocus}
        >
          <BotText text={bot.channel} />
        </a>
      </td>
      <td class="col-strip">
        <TimelineStrip bot={bot} />
      </td>
      <td class="col-cpu">{percentText(bot.cpuPct)}</td>
      <td class="col-mb">{megabytesText(bot.rssMb)}</td>
      <td class="col-restarts">
        {bot.restarts === 0 ? "0" : `${countText(bot.restartsInHour)} / ${countText(bot.restarts)}`}
      </td>
      {costs.size > 0 && <td class="col-cost">{shortCostText(costs.get(bot.channel))}</td>}
      <td class="col-heard">
        <Age ms={bot.lastSeenMs} short />
      </td>
    </tr>
  );
}

interface GroupRowProps {
  readonly name: string;
  readonly size: number;
  readonly down: number;
  readonly index: number;
  readonly columns: number;
  readonly toggle: (name: string) => void;
}

export function GroupRow({ name, size, down, index, columns, toggle }: GroupRowProps) {
  return (
    <tr aria-rowindex={index} class="group">
      <th colSpan={columns} scope="rowgroup">
        <GroupHead name={name} size={size} down={down} toggle={toggle} />
      </th>
    </tr>
  );
}

export function GroupHead({ name, size, down, toggle }: Omit<GroupRowProps, "index" | "columns">) {
  return (
    <button type="button" onClick={() => toggle(name)} title="Fold or unfold this group">
      {name === "" ? "other" : <BotText text={name} />} <span class="dim">{countText(size)}</span>
      {down > 0 && <span class="is-dead"> {countText(down)} down</span>}
    </button>
  );
}
