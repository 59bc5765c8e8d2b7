import { useMemo, useState } from "preact/hooks";
import { ClockTime } from "../frame/clock-time.js";
import { usePage } from "../frame/page-context.js";
import { memoryText, percentText } from "../frame/quantity-text.js";
import { TableHead } from "../frame/table-head.js";
import { spanText, unknownText } from "../frame/time-text.js";
import { extentOf, type Measure, type Measurements, ranges, rowsOf } from "./measurements.js";
import { TimeChart } from "./time-chart.js";
import { useMeasurements } from "./use-measurements.js";

const cpuText = (pct: number) => `${percentText(pct)} %`;

export interface BotRangeProps {
  readonly channel: string;
  readonly range: string;
}

/** Memory and CPU of a bot over the chosen range, as charts and as a table. */
export function BotCharts({ channel, range }: BotRangeProps) {
  const page = usePage();
  const measurements = useMeasurements(channel, range);
  const [isTable, setIsTable] = useState(false);
  return (
    <section aria-labelledby="charts-title">
      <div class="section-head">
        <h2 id="charts-title">Memory and CPU</h2>
        <select
          aria-label="Range"
          value={range}
          onChange={({ currentTarget }) => page.go({ range: currentTarget.value })}
        >
          {Object.entries(ranges)
            .sort(([, a], [, b]) => a - b)
            .map(([name, spanMs]) => (
              <option key={name} value={name}>
                last {spanText(spanMs)}
              </option>
            ))}
        </select>
        <button type="button" aria-pressed={isTable} onClick={() => setIsTable(!isTable)}>
          {isTable ? "Show charts" : "Show numbers"}
        </button>
      </div>
      {measurements !== null &&
        (isTable ? <NumberTable measurements={measurements} /> : <Charts measurements={measurements} />)}
    </section>
  );
}

function Charts({ measurements }: { readonly measurements: Measurements }) {
  const { fromMs, toMs, points } = measurements;
  const columns = useMemo(
    () => ({
      timesMs: points.map(({ tsMs }) => tsMs),
      memory: points.map(({ memoryMb }) => memoryMb),
      cpu: points.map(({ cpuPct }) => cpuPct),
    }),
    [points],
  );
  const { timesMs, memory, cpu } = columns;
  if (extentOf(memory) === null && extentOf(cpu) === null)
    return <p class="dim">Nobody measured this bot within that time.</p>;
  const common = { fromMs, toMs, timesMs };
  return (
    <div class="charts">
      <TimeChart
        {...common}
        name="Memory"
        label={labelOf("Memory", memory, memoryText)}
        measures={memory}
        text={memoryText}
      />
      <TimeChart
        {...common}
        name="CPU of a core"
        label={labelOf("CPU", cpu, cpuText)}
        measures={cpu}
        text={cpuText}
      />
    </div>
  );
}

function labelOf(
  name: string,
  measures: readonly (Measure | null)[],
  text: (value: number) => string,
): string {
  const extent = extentOf(measures);
  if (extent === null) return `${name}: not known`;
  return `${name} from ${text(extent.least)} to ${text(extent.most)}; "Show numbers" lists them`;
}

function NumberTable({ measurements }: { readonly measurements: Measurements }) {
  const cells = (measure: Measure | null, text: (value: number) => string) =>
    (["mean", "least", "most"] as const).map((of) => (
      <td key={of}>{measure === null ? unknownText : text(measure[of])}</td>
    ));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what is wider than the window scrolls, also by keys.
    <div class="scroll numbers" tabIndex={0}>
      <table class="plain">
        <caption class="unseen">
          Memory and CPU, each for {spanText(measurements.bucketMs)}; a dash where there is no sample
        </caption>
        <TableHead names={["from", "memory", "least", "most", "CPU", "least", "most"]} />
        <tbody>
          {rowsOf(measurements).map(({ tsMs, memoryMb, cpuPct }) => (
            <tr key={tsMs}>
              <td>
                <ClockTime ms={tsMs} />
              </td>
              {cells(memoryMb, memoryText)}
              {cells(cpuPct, cpuText)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
