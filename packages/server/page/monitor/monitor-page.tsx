import { Age } from "../frame/age.js";
import { BotText } from "../frame/bot-text.js";
import { ClockTime } from "../frame/clock-time.js";
import { usePage } from "../frame/page-context.js";
import { wordsOf } from "../frame/plain-text.js";
import { amountOf, countText } from "../frame/quantity-text.js";
import { Section } from "../frame/section.js";
import { TableHead } from "../frame/table-head.js";
import { Tile } from "../frame/tile.js";
import { spanText, unknownText } from "../frame/time-text.js";
import { useSubject } from "../frame/use-subject.js";
import type { CountByWord } from "./health.js";
import { Principals } from "./principals.js";
import type { Run } from "./runs.js";
import { type Heard, useHealth, useRuns } from "./use-health.js";

const mostShown = 20;

/** The monitor itself: what is wrong with it, what it does, what was lost, and when it ran. */
export function MonitorPage() {
  useSubject("Monitor");
  const heard = useHealth();
  return (
    <>
      <h1>The monitor</h1>
      <Problems />
      <Facts {...heard} />
      <Principals />
      <Losses {...heard} />
      <Runs />
    </>
  );
}

function Problems() {
  const problems = usePage().summary.value?.problems ?? [];
  if (problems.length === 0) return <p class="reason">Nothing is wrong with it.</p>;
  return (
    <ul class="problems">
      {problems.map(({ code, detail, sinceMs }) => (
        <li key={`${code} ${detail}`}>
          <strong class="bad">{wordsOf(code)}</strong>: <BotText text={detail} />
          {sinceMs !== null && (
            <span class="dim">
              {", "}
              since <ClockTime ms={sinceMs} />
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

function Facts({ health, linesPerS }: Heard) {
  const page = usePage();
  const summary = page.summary.value;
  if (summary === null) return null;
  const { lagMsP99, lagMsMax, connections, viewers, version, pendingRows, socket, isHub } = summary;
  return (
    <dl class="tiles">
      <Tile name="Running for">
        <Age ms={summary.startedAtMs} />
      </Tile>
      <Tile name="Version">{version === null ? unknownText : <BotText text={version} />}</Tile>
      {!isHub && (
        <Tile name="Lines per second">{linesPerS === null ? unknownText : linesPerS.toFixed(1)}</Tile>
      )}
      <Tile name="Lag in the last minute, p99 / most">
        {lagMsP99 === null ? unknownText : `${lagMsP99.toFixed(0)} / ${lagMsMax?.toFixed(0)} ms`}
      </Tile>
      {!isHub && <Tile name="Connections of bots">{countText(connections)}</Tile>}
      <Tile name="Viewers of the page">{countText(viewers)}</Tile>
      {health !== null && !isHub && (
        <>
          <Tile name="Rows in the queue">
            {countText(health.queueRows)} <small class="dim">of {countText(health.maxQueueRows)}</small>
          </Tile>
          <Tile name="Rows stored">
            {countText(health.committedRows)}{" "}
            {pendingRows > 0 && <small class="dim">{countText(pendingRows)} wait</small>}
          </Tile>
        </>
      )}
      {health !== null && (
        <Tile name={isHub ? "Fleet database" : "Database"}>
          <span class={health.store.status === "ok" ? "" : "bad"}>{wordsOf(health.store.status)}</span>{" "}
          <small class="dim">
            <BotText text={health.store.url} />
          </small>
        </Tile>
      )}
      {socket !== null && (
        <Tile name="Socket">
          <small>
            <BotText text={socket} />
          </small>
        </Tile>
      )}
    </dl>
  );
}

function Losses({ health }: Heard) {
  const page = usePage();
  page.revision.value;
  const summary = page.summary.value;
  if (summary?.isHub === true) return null;
  const losers = [...page.fleet.bots()]
    .filter(({ clientDropped }) => clientDropped > 0)
    .sort((a, b) => b.clientDropped - a.clientDropped);
  const rowsLost: CountByWord =
    summary !== null && summary.rowsLost > 0 ? [["the database refused them", summary.rowsLost]] : [];
  return (
    <Section title="Lost since its start">
      <table class="plain">
        <tbody>
          <Loss name="Lines that are no message" counts={health?.rejected ?? []} />
          <Loss name="Messages for which there was no room" counts={health?.shed ?? []} />
          <Loss name="Rows that were not stored" counts={rowsLost} />
          <tr>
            <th scope="row">Lines that clients of bots lost</th>
            <td class="wide">
              {losers.length === 0 && "none"}
              {losers.slice(0, mostShown).map((bot) => (
                <div key={bot.channel}>
                  {countText(bot.clientDropped)}{" "}
                  <a href={page.href({ page: "bot", channel: bot.channel })}>
                    <BotText text={bot.channel} />
                  </a>
                </div>
              ))}
              {losers.length > mostShown && (
                <a href={page.href({ query: "lost>0" })}>all {amountOf(losers.length, "bot")}</a>
              )}
            </td>
          </tr>
        </tbody>
      </table>
    </Section>
  );
}

function Loss({ name, counts }: { readonly name: string; readonly counts: CountByWord }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class="wide">
        {counts.length === 0 && "none"}
        {counts.map(([word, count]) => (
          <div key={word}>
            {countText(count)} {wordsOf(word)}
          </div>
        ))}
      </td>
    </tr>
  );
}

function Runs() {
  const page = usePage();
  const runs = useRuns();
  const nowMs = page.nowMs.value;
  if (runs === null || runs.length === 0) return null;
  return (
    <Section title="When it ran">
      <table class="plain">
        <TableHead names={["began", "ran for", "ended", "off before"]} />
        <tbody>
          {runs.slice(0, mostShown).map((run) => (
            <tr key={run.beganMs}>
              <td>
                <ClockTime ms={run.beganMs} />
              </td>
              <td>{spanText((run.endedMs ?? nowMs) - run.beganMs)}</td>
              <td class="wide">{endOf(run)}</td>
              <td>{run.offMs === null ? "" : spanText(run.offMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

function endOf({ endedMs, wasLost }: Run): string {
  if (endedMs === null) return "it is running";
  return wasLost ? "killed, or without power" : "stopped";
}
