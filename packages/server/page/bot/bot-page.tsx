import { useEffect, useState } from "preact/hooks";
import { AlertsFold } from "../alerts/alerts-fold.js";
import type { Bot } from "../fleet/bot.js";
import { ConditionName, conditionWords } from "../fleet/condition-mark.js";
import { conditionOf, conditionSinceMs } from "../fleet/worst-first.js";
import { Age } from "../frame/age.js";
import { BotText } from "../frame/bot-text.js";
import { ClockTime } from "../frame/clock-time.js";
import { usePage } from "../frame/page-context.js";
import { plainText } from "../frame/plain-text.js";
import { Section } from "../frame/section.js";
import { spanText, unknownText } from "../frame/time-text.js";
import { useSubject } from "../frame/use-subject.js";
import { listOf } from "../link/summary.js";
import { BotCalls } from "./bot-calls.js";
import { BotChanges } from "./bot-changes.js";
import { BotCharts } from "./bot-charts.js";
import { BotTiles } from "./bot-tiles.js";
import { type Life, livesOf } from "./lives.js";
import { rangeNamed } from "./measurements.js";
import { changeFrom, mergedChanges, type StatusChange } from "./timeline.js";
import { TimelineStrip } from "./timeline-strip.js";
import { useGrowth } from "./use-measurements.js";
import { whyOf } from "./why.js";

/** So many changes of a bot are asked for. */
const mostChanges = 200;

/** All of one bot: how it is and why, its day, its processes and its changes. */
export function BotPage({ channel }: { readonly channel: string }) {
  const page = usePage();
  page.revision.value;
  const bot = page.fleet.get(channel);
  const changes = useChanges(channel);
  const condition = bot === undefined ? null : conditionOf(bot);
  useSubject(condition === null ? channel : `${conditionWords[condition]}: ${channel}`);
  if (bot === undefined || condition === null) {
    return (
      <>
        <h1>
          <BotText text={channel} />
        </h1>
        <p>
          The monitor knows no bot of this name. <a href={page.href({})}>All bots</a>
        </p>
      </>
    );
  }
  const first = page.history.of(channel)[0];
  const isNew = first?.from === null && page.minuteMs.value - first.tsMs < 3_600_000;
  const range = rangeNamed(page.route.value.range, isNew);
  return (
    <>
      <h1 class="bot-title">
        <ConditionName condition={condition} /> <BotText text={channel} />
      </h1>
      <BotReason bot={bot} />
      <OperatorWords {...bot} />
      <TimelineStrip bot={bot} leastUnits={4} />
      <p class="axis dim" aria-hidden="true">
        <span>24 h ago</span>
        <span>18 h</span>
        <span>12 h</span>
        <span>6 h</span>
        <span>now</span>
      </p>
      <BotTiles bot={bot} />
      <BotCharts key={`charts ${channel}`} channel={channel} range={range} />
      <BotCalls key={`calls ${range} ${channel}`} channel={channel} range={range} />
      <AlertsFold key={`alerts ${channel}`} channel={channel} />
      <BotChanges key={`changes ${channel}`} {...bot} />
      <Lives lives={livesOf(bot, changes)} />
      <Changes changes={changes} />
    </>
  );
}

/** The runbook is a link as the operator wrote it: http or https alone. */
function OperatorWords({ note, runbook }: Pick<Bot, "note" | "runbook">) {
  if (note === null && runbook === null) return null;
  return (
    <p dir="auto">
      {note}{" "}
      {runbook !== null && /^https?:/i.test(runbook) && (
        <a href={runbook} rel="noreferrer">
          Runbook
        </a>
      )}
    </p>
  );
}

function BotReason({ bot }: { readonly bot: Bot }) {
  const page = usePage();
  const nowMs = page.nowMs.value;
  const clock = page.zoneClock.value;
  const why = whyOf(bot, {
    nowMs,
    staleTimeoutMs: page.summary.value?.staleTimeoutMs ?? null,
    clockText: (ms) => clock.text(ms, nowMs),
    lastDeathOf: (one) => page.history.lastDeathOf(one),
    growth: useGrowth(bot),
  });
  const condition = conditionOf(bot);
  const sinceMs = conditionSinceMs(bot);
  return (
    <p class="reason" dir="auto">
      {why} {conditionWords[condition].replace(/^\w/, (letter) => letter.toUpperCase())} for{" "}
      <Age ms={sinceMs} />
      {sinceMs !== null && (
        <>
          , since <ClockTime ms={sinceMs} />
        </>
      )}
      .
    </p>
  );
}

/**
 * Oldest first: asked once, and again with each change that the stream tells. The stream is faster
 * than the database, so an answer may lack what it told.
 */
function useChanges(channel: string): readonly StatusChange[] {
  const page = usePage();
  page.historyRevision.value;
  const newest = page.history.of(channel).at(-1)?.tsMs ?? 0;
  const [changes, setChanges] = useState<readonly StatusChange[]>([]);
  useEffect(() => {
    const leaving = new AbortController();
    page.api
      .ask(
        `api/v1/events?scope=local&channel=${encodeURIComponent(channel)}&limit=${mostChanges}`,
        leaving.signal,
      )
      .then(({ events }) =>
        setChanges(
          listOf(events)
            .flatMap((event) => changeFrom(event) ?? [])
            .reverse(),
        ),
      )
      // What the stream told stands there; the next change asks again.
      .catch(() => undefined);
    return () => leaving.abort();
  }, [page, channel, newest]);
  return mergedChanges(changes, page.history.of(channel));
}

const mostLives = 20;

function Lives({ lives }: { readonly lives: readonly Life[] }) {
  const page = usePage();
  const nowMs = page.nowMs.value;
  return (
    <Section title="Lives">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">began</th>
            <th scope="col" class="spare">
              pid
            </th>
            <th scope="col">lived</th>
            <th scope="col">ended by</th>
            <th scope="col">then down for</th>
          </tr>
        </thead>
        <tbody>
          {lives.slice(0, mostLives).map((life) => (
            <tr key={`${life.pid} ${life.beganMs} ${life.endedMs}`}>
              <td>{life.beganMs === null ? unknownText : <ClockTime ms={life.beganMs} />}</td>
              <td class="spare">{life.pid}</td>
              <td>{livedText(life, nowMs)}</td>
              <td class="wide">{life.end === null ? "" : <BotText text={life.end} />}</td>
              <td class="span">{downText(life, nowMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

function livedText({ beganMs, endedMs, end }: Life, nowMs: number): string {
  if (beganMs === null || (endedMs === null && end !== null)) return unknownText;
  if (endedMs === null) return `${spanText(nowMs - beganMs)} so far`;
  return endedMs - beganMs < 1_000 ? "under 1 s" : spanText(endedMs - beganMs);
}

function downText({ endedMs, nextMs }: Life, nowMs: number): string {
  if (endedMs === null) return "";
  return nextMs === null ? `${spanText(nowMs - endedMs)} so far` : spanText(nextMs - endedMs);
}

const mostShown = 50;

function Changes({ changes }: { readonly changes: readonly StatusChange[] }) {
  const shown = changes.slice(-mostShown).reverse();
  return (
    <Section title="Changes">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">at</th>
            <th scope="col">status</th>
            <th scope="col">cause</th>
            <th scope="col" class="spare">
              pid
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((change) => (
            <tr key={`${change.tsMs} ${change.to} ${change.trouble}`}>
              <td>
                <ClockTime ms={change.tsMs} />
              </td>
              <td>
                <ConditionName condition={change.to} />
              </td>
              <td class="wide">
                <BotText text={change.cause} />
                {change.trouble !== null && `: ${plainText(change.trouble)}`}
              </td>
              <td class="spare">{change.pid}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}
