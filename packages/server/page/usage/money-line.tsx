import { usePage } from "../frame/page-context.js";
import { amountOf } from "../frame/quantity-text.js";
import { costText, unpricedText } from "./cost-text.js";
import { awayText, type Today } from "./usage-question.js";

/** Said where the other hosts' calls are missing. */
export const hereAlone = ` Of this host alone: ${awayText}.`;

/** Today's cost beside yesterday's at the same hour; nothing where no bot calls a model. */
export function MoneyLine({ today, yesterday, isLocal }: Today) {
  const page = usePage();
  if (today.calls === 0 && yesterday.calls === 0) return null;
  const { calls } = today;
  const unpriced = unpricedText(today);
  return (
    <p class="money">
      Models today:{" "}
      <a href={page.href({ page: "usage", range: "today" })}>
        {calls === 0 ? "no call" : `${costText(today)} for ${amountOf(calls, "call")}`}
      </a>
      {unpriced !== null && `, ${unpriced}`}
      {yesterday.calls > 0 && `; yesterday by this time ${costText(yesterday)}`}.{isLocal && hereAlone}
    </p>
  );
}
