import { useEffect, useState } from "preact/hooks";
import { BotText } from "../frame/bot-text.js";
import { usePage } from "../frame/page-context.js";
import { spanText } from "../frame/time-text.js";
import { AmountCells, amountColumns } from "../usage/amount-columns.js";
import { totalOf, type Usage, usageFrom } from "../usage/llm-usage.js";
import type { BotRangeProps } from "./bot-charts.js";
import { ranges } from "./measurements.js";

const mostRows = 100;

/** What a bot called of language models over the chosen range, by model and feature. */
export function BotCalls({ channel, range }: BotRangeProps) {
  const usage = useModelUsage(channel, range);
  // A bot that calls no model is spared the table.
  if (usage === null || usage.rows.length === 0) return null;
  const { rows, isTruncated } = usage;
  return (
    <section aria-labelledby="calls-title">
      <h2 id="calls-title">Calls of models, last {spanText(ranges[range] ?? 0)}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what is wider than the window scrolls, also by keys. */}
      <div class="scroll" tabIndex={0}>
        <table class="plain amounts">
          <thead>
            <tr>
              <th scope="col">model</th>
              <th scope="col">feature</th>
              {amountColumns.map(({ name, className }) => (
                <th key={name} scope="col" class={className}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={JSON.stringify([row.model, row.feature])}>
                <th scope="row">
                  <BotText text={row.model} />
                </th>
                <td>
                  <BotText text={row.feature} />
                </td>
                <AmountCells sum={row} />
              </tr>
            ))}
            {rows.length > 1 && !isTruncated && (
              <tr>
                <th scope="row">all</th>
                <td />
                <AmountCells sum={totalOf(rows)} />
              </tr>
            )}
          </tbody>
        </table>
      </div>
      {isTruncated && <p class="dim">Only the {mostRows} with the most calls stand here; there are more.</p>}
    </section>
  );
}

/** Asked anew each minute; null before the first answer. */
function useModelUsage(channel: string, range: string): Usage | null {
  const page = usePage();
  const toMs = page.minuteMs.value;
  const [found, setFound] = useState<Usage | null>(null);
  useEffect(() => {
    if (toMs === 0) return;
    const leaving = new AbortController();
    const from = encodeURIComponent(new Date(page.clock.nowMs() - (ranges[range] ?? 0)).toISOString());
    const query = `group_by=model,feature&order_by=calls&top=${mostRows}&from=${from}`;
    page.api
      .ask(`api/v1/llm-usage?scope=local&channel=${encodeURIComponent(channel)}&${query}`, leaving.signal)
      .then((answer) => setFound(usageFrom(answer)))
      // What is shown stays; the next minute asks again.
      .catch(() => undefined);
    return () => leaving.abort();
  }, [page, channel, range, toMs]);
  return found;
}
