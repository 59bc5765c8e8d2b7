import { ClockTime } from "../frame/clock-time.js";
import { usePage } from "../frame/page-context.js";
import { countText, roundCountText } from "../frame/quantity-text.js";
import { Tile } from "../frame/tile.js";
import { useSubject } from "../frame/use-subject.js";
import { latencyText } from "./amount-columns.js";
import { Budgets } from "./budgets.js";
import { costText, coverageText, shareText } from "./cost-text.js";
import type { UsageSum } from "./llm-usage.js";
import { hereAlone, MoneyLine } from "./money-line.js";
import { UnpricedModels } from "./unpriced-models.js";
import { UsageCsv } from "./usage-csv.js";
import { type Grouping, groupings, type Period, questionFrom, type UsageAnswer } from "./usage-question.js";
import { UsageTable } from "./usage-table.js";
import { useMoney } from "./use-money.js";
import { useUsage } from "./use-usage.js";

const periodWords: Readonly<Record<Period, string>> = {
  "24h": "last 24 hours",
  today: "today",
  "7d": "7 days with today",
  "30d": "30 days with today",
};

/** What the calls of language models came to: all together, then by what a person chose. */
export function UsagePage() {
  const page = usePage();
  const question = questionFrom(page.route.value);
  const { answer, failure } = useUsage(question);
  const money = useMoney(false);
  useSubject("Usage");
  return (
    <>
      <h1>Calls of models</h1>
      {money !== null && <MoneyLine {...money.today} />}
      <div class="tools">
        <Choice
          label="Period"
          value={question.period}
          words={periodWords}
          choose={(period) => page.go({ range: period === "24h" ? "" : period })}
        />
        <Choice
          label="Group"
          value={question.by}
          words={groupWords}
          choose={(by) => page.go({ by: by === "model" ? "" : by })}
        />
        {answer !== null && answer.total.calls > 0 && <UsageCsv {...answer} />}
      </div>
      {failure !== null && (
        <p class="bad" role="status">
          The monitor did not answer: {failure}. It is asked again within a minute.
        </p>
      )}
      {answer !== null && (answer.total.calls === 0 ? <NoCalls {...answer} /> : <Shown {...answer} />)}
      <Budgets />
    </>
  );
}

const groupWords = Object.fromEntries(groupings.map((by) => [by, `by ${by}`])) as Record<Grouping, string>;

interface ChoiceProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly words: Readonly<Record<Value, string>>;
  readonly choose: (value: Value) => void;
}

function Choice<Value extends string>({ label, value, words, choose }: ChoiceProps<Value>) {
  return (
    <select
      aria-label={label}
      value={value}
      onChange={({ currentTarget }) => choose(currentTarget.value as Value)}
    >
      {Object.entries<string>(words).map(([one, text]) => (
        <option key={one} value={one}>
          {text}
        </option>
      ))}
    </select>
  );
}

function Shown(answer: UsageAnswer) {
  return (
    <>
      <UsageTiles {...answer.total} />
      <UsageTable answer={answer} />
      <p class="dim">
        Since <ClockTime ms={answer.fromMs} />
        {answer.isUtc && "; the days are UTC's, as the single calls of older days are deleted"}
        {answer.rest !== null && `; only the ${answer.rows.length} largest are named`}.
        {answer.isLocal && hereAlone}
      </p>
      <UnpricedModels models={answer.unpriced} />
    </>
  );
}

function UsageTiles(total: UsageSum) {
  const { calls, errors, tokensIn, tokensOut } = total;
  const tokens = (count: number | null) => (count === null ? "?" : roundCountText(count));
  return (
    <dl class="tiles">
      <Tile name="Cost">{costText(total)}</Tile>
      <Tile name="Cost known">{coverageText(total)}</Tile>
      <Tile name="Calls">{countText(calls)}</Tile>
      <Tile name="Failed">
        {countText(errors)} <small class="dim">{errors > 0 && shareText(errors, calls)}</small>
      </Tile>
      <Tile name="Latency p50 / p95 / p99">{latencyText(total)}</Tile>
      <Tile name="Tokens in / out">
        {tokens(tokensIn)} / {tokens(tokensOut)}
      </Tile>
    </dl>
  );
}

function NoCalls({ period }: UsageAnswer) {
  return (
    <p class="nothing">
      No bot called a model: {periodWords[period]}. A bot tells of a call by a line of the type{" "}
      <code>llm_usage</code>, the client for Node by <code>logLlmUsage()</code>.
    </p>
  );
}
