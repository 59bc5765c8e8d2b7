import { Age } from "../frame/age.js";
import { BotText } from "../frame/bot-text.js";
import { usePage } from "../frame/page-context.js";
import { amountOf, countText } from "../frame/quantity-text.js";
import { Section } from "../frame/section.js";
import { TableHead } from "../frame/table-head.js";
import { spanText, unknownText } from "../frame/time-text.js";
import { useAnswer } from "../frame/use-answer.js";
import { countOf, isRecord, listOf, numberOf, textOf, timeOf } from "../link/summary.js";
import { fleetSearchOf } from "./whole-fleet.js";

type Json = Readonly<Record<string, unknown>>;

/** So many bots of all hosts are listed, the worst first. */
const mostBots = 100;

/** The hosts that share a fleet database, and the worst of all their bots. */
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
      <Hub leader={answer["leader"]} />
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
      <WorstBots count={hosts.reduce((sum, host) => sum + sumOf(host["bots"]), 0)} />
    </Section>
  );
}

/** A hub that leads has no row. */
function Hub({ leader }: { readonly leader: unknown }) {
  if (!isRecord(leader) || leader["hub"] !== true) return null;
  return (
    <p class="dim">
      The hub <BotText text={textOf(leader["name"]) ?? ""} /> leads.
    </p>
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
        {host["leads"] === true && <small class="dim"> leads</small>}
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

/** The worst bots of all hosts that the search wants. */
function WorstBots({ count }: { readonly count: number }) {
  const { query, status } = usePage().route.value;
  const search = fleetSearchOf(query, status);
  const answer = useAnswer(`api/v1/bots?scope=fleet&order_by=worst&limit=${mostBots}${search.parameters}`);
  const bots = listOf(answer?.["bots"]);
  const isSearch = query !== "" || status !== "";
  return (
    <details open>
      <summary>
        Bots of all hosts, the worst first
        {(isSearch || count > mostBots) && (
          <small class="dim">
            {" "}
            {isSearch
              ? `${bots.length >= mostBots ? "the first " : ""}${amountOf(bots.length, "match", "matches")}`
              : `the first ${countText(mostBots)} of ${countText(count)}`}
          </small>
        )}
      </summary>
      {search.isPart && <p class="dim">Some of the search is for this host's bots alone.</p>}
      <table class="plain">
        <TableHead names={["bot", "host", "status", "since", "last seen", "CPU", "memory"]} />
        <tbody>
          {bots.map((bot) => (
            <FleetBot key={`${textOf(bot["host_id"])} ${textOf(bot["channel"])}`} bot={bot} />
          ))}
        </tbody>
      </table>
    </details>
  );
}

function FleetBot({ bot }: { readonly bot: Json }) {
  const status = textOf(bot["status"]) ?? "unknown";
  const cpuPct = numberOf(bot["cpu_pct"]);
  const rssMb = numberOf(bot["rss_mb"]);
  return (
    <tr>
      <th scope="row">
        <BotText text={textOf(bot["channel"]) ?? ""} />
      </th>
      <td>
        <BotText text={textOf(bot["host"]) ?? ""} />
      </td>
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
