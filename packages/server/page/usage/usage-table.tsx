import type { ComponentChildren } from "preact";
import { BotText } from "../frame/bot-text.js";
import { usePage } from "../frame/page-context.js";
import { ZoneClock } from "../frame/time-text.js";
import { AmountCells, amountColumns } from "./amount-columns.js";
import { shareText } from "./cost-text.js";
import type { UsageRow, UsageSum } from "./llm-usage.js";
import { type Measure, measureOf, type UsageAnswer } from "./usage-question.js";

const utc = new ZoneClock("UTC");

/** A row for each group with its share of the whole, what is in no row, and the total. */
export function UsageTable({ answer }: { readonly answer: UsageAnswer }) {
  const page = usePage();
  const { by, measure, rows, rest, total } = answer;
  // Where no cost is known, tokens say more than bars that are not there.
  const shown = measure === "cost" && total.costUsd === null ? "tokens" : measure;
  const most = Math.max(...[...rows, rest].map((sum) => (sum === null ? 0 : (measureOf(sum, shown) ?? 0))));
  const share = (sum: UsageSum) => ({
    pct: most === 0 ? 0 : (100 * (measureOf(sum, shown) ?? 0)) / most,
    text: shareText(measureOf(sum, shown), measureOf(total, shown)),
  });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what is wider than the window scrolls, also by keys.
    <div class="scroll" tabIndex={0}>
      <table class="plain usage">
        <thead>
          <tr>
            <th scope="col">{by}</th>
            {amountColumns.map(({ name, measure: own, className }) => (
              <th
                key={name}
                scope="col"
                class={className}
                aria-sort={own === shown ? "descending" : undefined}
              >
                {own === null ? (
                  name
                ) : (
                  <button type="button" onClick={() => page.go({ sort: own === "cost" ? "" : own })}>
                    {name}
                  </button>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {ordered(answer, shown).map((row) => (
            <Row
              key={JSON.stringify([row.channel, row.model, row.feature, row.tsMs])}
              sum={row}
              {...share(row)}
            >
              <GroupName row={row} answer={answer} />
            </Row>
          ))}
          {rest !== null && (
            <Row sum={rest} {...share(rest)}>
              all others
            </Row>
          )}
        </tbody>
        <tfoot>
          <Row sum={total} pct={0} text={null}>
            <b>all</b>
          </Row>
        </tfoot>
      </table>
    </div>
  );
}

/** Times stay in their order. */
function ordered({ by, rows }: UsageAnswer, measure: Measure): readonly UsageRow[] {
  if (by === "day" || by === "hour") return rows;
  const size = (row: UsageRow) => measureOf(row, measure) ?? -1;
  return [...rows].sort((a, b) => size(b) - size(a) || b.calls - a.calls);
}

interface RowProps {
  readonly sum: UsageSum;
  /** How long its bar is. */
  readonly pct: number;
  readonly text: string | null;
  readonly children: ComponentChildren;
}

function Row({ sum, pct, text, children }: RowProps) {
  return (
    <tr>
      <th scope="row">
        {children} <span class="dim share">{text}</span>
        {pct > 0 && <div class="bar" style={{ width: `${pct}%` }} />}
      </th>
      <AmountCells sum={sum} />
    </tr>
  );
}

function GroupName({ row, answer }: { readonly row: UsageRow; readonly answer: UsageAnswer }) {
  const page = usePage();
  const clock = answer.isUtc ? utc : page.zoneClock.value;
  if (answer.by === "hour") return <>{clock.text(row.tsMs ?? 0, answer.toMs).slice(0, -3)}</>;
  if (answer.by === "day") return <>{clock.dayText(row.tsMs ?? 0)}</>;
  const name = row[answer.by];
  if (answer.by !== "channel") return <BotText text={name} />;
  return (
    <a href={page.href({ page: "bot", channel: name })}>
      <BotText text={name} />
    </a>
  );
}
