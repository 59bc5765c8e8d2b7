import { Age } from "../frame/age.js";
import { BotText } from "../frame/bot-text.js";
import { usePage } from "../frame/page-context.js";
import { amountOf, countText } from "../frame/quantity-text.js";
import { Section } from "../frame/section.js";
import { TableHead } from "../frame/table-head.js";
import { spanText, unknownText } from "../frame/time-text.js";
import { useAnswer } from "../frame/use-answer.js";
import { countOf, isRecord, listOf, numberOf, textOf, timeOf } from "../link/summary.js";

type Json = Readonly<Record<string, unknown>>;

/** So many bots of a host are listed, the worst first. */
const mostBots = 100;

/** The hosts that share a fleet database, and the bots of the others. */
export function Hosts() {
  return usePage().summary.value?.hasHosts === true ? <HostList /> : null;
}

function HostList() {
  const answer = useAnswer("api/v1/hosts");
  if (answer === null) return null;
  const hosts = listOf(answer["hosts"]);
  const fleet: Json = isRecord(answer["fleet"]) ? answer["fleet"] : {};
  return (
    <Section title="Hosts">
      {fleet["status"] === "away" && (
        <p class="reason bad">
          The fleet database does not answer. What is said of other hosts is of{" "}
          <Ago ms={timeOf(fleet["as_of"])} />.
        </p>
      )}
      {listOf(answer["shared_channels"]).map((one) => (
        <p class="reason bad" key={textOf(one["channel"])}>
          <BotText text={textOf(one["channel"]) ?? ""} /> is online on several hosts and may answer twice:{" "}
          {((one["hosts"] as readonly string[] | undefined) ?? []).join(", ")}.
        </p>
      ))}
      <table class="plain">
        <TableHead names={["host", "state", "bots", "heard", "behind", "rows waiting"]} />
        <tbody>
          {hosts.map((host) => (
            <Host key={textOf(host["host_id"])} host={host} />
          ))}
        </tbody>
      </table>
      {hosts
        .filter((host) => host["own"] !== true && sumOf(host["bots"]) > 0)
        .map((host) => (
          <HostBots key={textOf(host["host_id"])} host={host} />
        ))}
    </Section>
  );
}

function Ago({ ms }: { readonly ms: number | null }) {
  if (ms === null) return <>never</>;
  return (
    <>
      <Age ms={ms} /> ago
    </>
  );
}

const stateWords: Readonly<Record<string, string>> = {
  up: "up",
  silent: "silent: its monitor or its network is down",
  stopped: "its monitor was stopped",
  replaced: "replaced by another host",
  unknown: "unknown",
};

function Host({ host }: { readonly host: Json }) {
  const state = textOf(host["state"]) ?? "unknown";
  const lagMs = numberOf(host["lag_ms"]);
  const waiting = numberOf(host["waiting"]);
  const lost = countOf(host["lost_rows"]);
  return (
    <tr>
      <th scope="row">
        <BotText text={textOf(host["host"]) ?? ""} />
        {host["own"] === true && <small class="dim"> this one</small>}
      </th>
      <td class={state === "silent" ? "wide bad" : "wide"}>
        {stateWords[state] ?? state}
        {marksOf(host).map((mark) => (
          <div class="bad" key={mark}>
            {mark}
          </div>
        ))}
      </td>
      <td>{botsText(host["bots"])}</td>
      <td>
        <Ago ms={timeOf(host["seen_at"])} />
      </td>
      <td>{lagMs === null ? unknownText : spanText(lagMs)}</td>
      <td>
        {waiting === null ? unknownText : countText(waiting)}
        {lost > 0 && <div class="bad">{amountOf(lost, "row")} lost</div>}
      </td>
    </tr>
  );
}

/** What is wrong with a host, beside that it is not there. */
function marksOf(host: Json): readonly string[] {
  const marks: string[] = [];
  const skewMs = numberOf(host["skew_ms"]);
  if (host["skewed"] === true && skewMs !== null) {
    marks.push(`its clock is ${spanText(Math.abs(skewMs))} ${skewMs > 0 ? "behind" : "ahead"}`);
  }
  if (host["name_conflict"] === true) marks.push("another host has its name");
  if (host["cloned"] === true) marks.push("another monitor with a copy of its database tries to send");
  return marks;
}

const statusOrder = ["dead", "stale", "unknown", "offline", "online"] as const;

function botsText(bots: unknown): string {
  const counts: Json = isRecord(bots) ? bots : {};
  const parts = statusOrder
    .filter((status) => countOf(counts[status]) > 0)
    .map((status) => `${countText(countOf(counts[status]))} ${status}`);
  return parts.length === 0 ? "none" : parts.join(", ");
}

function sumOf(bots: unknown): number {
  return isRecord(bots) ? Object.values(bots).reduce<number>((sum, count) => sum + countOf(count), 0) : 0;
}

function HostBots({ host }: { readonly host: Json }) {
  const id = encodeURIComponent(textOf(host["host_id"]) ?? "");
  const answer = useAnswer(`api/v1/bots?host=${id}&order_by=worst&limit=${mostBots}`);
  const bots = listOf(answer?.["bots"]);
  const all = sumOf(host["bots"]);
  return (
    <details open>
      <summary>
        Bots on <BotText text={textOf(host["host"]) ?? ""} />
        {all > mostBots && (
          <small class="dim">
            {" "}
            the worst {countText(mostBots)} of {countText(all)}
          </small>
        )}
      </summary>
      <table class="plain">
        <TableHead names={["bot", "status", "since", "last seen", "CPU", "memory"]} />
        <tbody>
          {bots.map((bot) => (
            <OtherBot key={textOf(bot["channel"])} bot={bot} />
          ))}
        </tbody>
      </table>
    </details>
  );
}

function OtherBot({ bot }: { readonly bot: Json }) {
  const status = textOf(bot["status"]) ?? "unknown";
  const cpuPct = numberOf(bot["cpu_pct"]);
  const rssMb = numberOf(bot["rss_mb"]);
  return (
    <tr>
      <th scope="row">
        <BotText text={textOf(bot["channel"]) ?? ""} />
      </th>
      <td class={`wide is-${status}`}>
        {status}
        {status === "unknown" && (
          <small class="dim">
            {" "}
            {textOf(bot["reported_status"])} <Ago ms={timeOf(bot["as_of"])} />
          </small>
        )}
      </td>
      <td>
        <Ago ms={timeOf(bot["status_since"])} />
      </td>
      <td>
        <Ago ms={timeOf(bot["last_seen"])} />
      </td>
      <td>{cpuPct === null ? unknownText : `${cpuPct.toFixed(1)} %`}</td>
      <td>{rssMb === null ? unknownText : `${rssMb.toFixed(0)} MB`}</td>
    </tr>
  );
}
