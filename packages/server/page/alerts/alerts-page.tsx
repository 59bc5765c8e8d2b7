import { Age } from "../frame/age.js";
import { BotText } from "../frame/bot-text.js";
import { ChangeFold, useMayWrite } from "../frame/change-fold.js";
import { ClockTime } from "../frame/clock-time.js";
import { usePage } from "../frame/page-context.js";
import { wordsOf } from "../frame/plain-text.js";
import { amountOf, countText } from "../frame/quantity-text.js";
import { Section } from "../frame/section.js";
import { TableHead } from "../frame/table-head.js";
import { useAnswer } from "../frame/use-answer.js";
import { useSubject } from "../frame/use-subject.js";
import { countOf, listOf, numberOf, textOf, timeOf } from "../link/summary.js";
import { type Alert, alertsFrom } from "./alerts.js";
import { EndSilence, SilenceFold } from "./silencing.js";

const mostShown = 100;
const mostNotices = 20;

/** What is wrong, who was told of it, and whether anything gets through to them. */
export function AlertsPage() {
  useSubject("Alerts");
  const mayWrite = useMayWrite();
  return (
    <>
      <h1>Alerts</h1>
      <OpenAlerts mayWrite={mayWrite} />
      <Receivers />
      <Silences mayWrite={mayWrite} />
      <Notices />
    </>
  );
}

interface WriterProps {
  readonly mayWrite: boolean;
}

function OpenAlerts({ mayWrite }: WriterProps) {
  const answer = useAnswer("api/v1/alerts");
  if (answer === null) return <p class="dim">Waiting for the alerts …</p>;
  const alerts = alertsFrom(answer["alerts"]);
  if (alerts.length === 0) return <p class="reason">Nothing is wrong.</p>;
  // The answer has the worst of them; an older monitor does not count them.
  const shown = alerts.slice(0, mostShown);
  const more = (numberOf(answer["total"]) ?? alerts.length) - shown.length;
  return (
    <>
      <ul class="problems alerts">
        {shown.map((alert) => (
          <OpenAlert key={alert.id} {...alert} mayWrite={mayWrite} />
        ))}
      </ul>
      {more > 0 && <p class="dim">and {amountOf(more, "alert")} more</p>}
    </>
  );
}

function OpenAlert({
  id,
  mayWrite,
  rule,
  subject,
  isBot,
  severity,
  sinceMs,
  cause,
  facts,
  ack,
  told,
}: Alert & WriterProps) {
  const page = usePage();
  return (
    <li>
      <strong class={severity === "critical" ? "bad" : ""}>
        <BotText text={wordsOf(rule)} />
      </strong>{" "}
      {isBot ? (
        <a href={page.href({ page: "bot", channel: subject })}>
          <BotText text={subject} />
        </a>
      ) : (
        <BotText text={wordsOf(subject)} />
      )}
      {sinceMs !== null && (
        <span class="dim">
          {" "}
          {severity} for <Age ms={sinceMs} />, since <ClockTime ms={sinceMs} />
        </span>
      )}
      <div>
        <BotText text={cause} />
      </div>
      {facts.length > 0 && (
        <div class="dim">
          <BotText text={facts.join(" · ")} />
        </div>
      )}
      {ack !== null && (
        <div>
          Acknowledged by <BotText text={ack.by} />: <BotText text={ack.why} />
        </div>
      )}
      <div class="dim">
        {told.length === 0 && "Nobody was told of it."}
        {told.map(({ receiver, phase, atMs }) => (
          <span key={receiver}>
            {phaseWords[phase] ?? wordsOf(phase)} <BotText text={receiver} />
            {atMs !== null && (
              <>
                {" "}
                at <ClockTime ms={atMs} />
              </>
            )}
            .{" "}
          </span>
        ))}
      </div>
      {mayWrite && (
        <div class="changes">
          {ack === null && (
            <ChangeFold
              title="Acknowledge"
              done="Acknowledged."
              path={`api/v1/alerts/${encodeURIComponent(id)}/ack`}
              why="What is done about it"
            />
          )}
          {isBot && <SilenceFold channel={subject} rule={rule} />}
        </div>
      )}
    </li>
  );
}

/** What a receiver knows of an alert. */
const phaseWords: Readonly<Record<string, string>> = {
  told: "Told",
  maybe: "Told, without an answer:",
  missed: "Did not reach",
};

const stateWords: Readonly<Record<string, string>> = { ok: "up", failing: "backing off" };

function Receivers() {
  const answer = useAnswer("api/v1/receivers");
  if (answer === null) return null;
  const receivers = listOf(answer["receivers"]);
  if (receivers.length === 0) {
    return (
      <p>
        Nobody is told: no receiver is set. Set <code>KISSBOT_MONITOR_ALERT_URL</code> or the config's{" "}
        <code>monitoring.alerts</code>, and start the monitor again.
      </p>
    );
  }
  return (
    <Section title="Who is told">
      <table class="plain">
        <TableHead names={["receiver", "state", "sent", "waiting"]} />
        <tbody>
          {receivers.map((receiver) => {
            const name = textOf(receiver["name"]) ?? "";
            const state = textOf(receiver["state"]) ?? "";
            const detail = textOf(receiver["detail"]);
            const sinceMs = timeOf(receiver["since"]);
            return (
              <tr key={name}>
                <th scope="row">
                  <BotText text={name} /> <small class="dim">{textOf(receiver["kind"])}</small>
                </th>
                <td class="wide">
                  <span class={state === "ok" ? "" : "bad"}>{stateWords[state] ?? wordsOf(state)}</span>
                  {state !== "ok" && sinceMs !== null && (
                    <>
                      {" "}
                      since <ClockTime ms={sinceMs} />
                    </>
                  )}
                  {state !== "ok" && detail !== null && (
                    <>
                      : <BotText text={detail} />
                    </>
                  )}
                </td>
                <td>{countText(countOf(receiver["sent"]))}</td>
                <td>{countText(countOf(receiver["waiting"]))}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Section>
  );
}

function Silences({ mayWrite }: WriterProps) {
  const answer = useAnswer("api/v1/silences");
  const silences = listOf(answer?.["silences"]).filter((silence) => silence["active"] === true);
  if (silences.length === 0 && !mayWrite) return null;
  return (
    <Section title="Silences">
      <ul class="problems">
        {silences.map((silence) => {
          const { channels, rules } = silence;
          const id = textOf(silence["silence_id"]) ?? "";
          const untilMs = timeOf(silence["until"]);
          return (
            <li key={id}>
              <BotText text={namesOf(channels)} />
              {Array.isArray(rules) && (
                <>
                  {" "}
                  (<BotText text={wordsOf(namesOf(rules))} />)
                </>
              )}{" "}
              by <BotText text={textOf(silence["by"]) ?? ""} />
              {untilMs !== null && (
                <>
                  {" "}
                  until <ClockTime ms={untilMs} />
                </>
              )}
              : <BotText text={textOf(silence["why"]) ?? ""} />
              {mayWrite && <EndSilence id={id} name={namesOf(channels)} />}
            </li>
          );
        })}
      </ul>
      {mayWrite && <SilenceFold />}
    </Section>
  );
}

function namesOf(names: unknown): string {
  return Array.isArray(names) ? names.join(", ") : "";
}

function Notices() {
  const answer = useAnswer(`api/v1/notices?limit=${mostNotices}`);
  const notices = listOf(answer?.["notices"]);
  if (notices.length === 0) return null;
  return (
    <Section title="Messages">
      <table class="plain">
        <TableHead names={["at", "to", "what", "state"]} />
        <tbody>
          {notices.map((notice) => {
            const madeMs = timeOf(notice["made_at"]);
            const items = listOf(notice["items"]).map(
              ({ kind, rule, subject }) =>
                `${wordsOf(kind === rule ? `${rule}` : `${kind}: ${rule}`)}, ${subject}`,
            );
            return (
              <tr key={textOf(notice["notice_id"])}>
                <td>{madeMs !== null && <ClockTime ms={madeMs} />}</td>
                <td>
                  <BotText text={textOf(notice["receiver"]) ?? ""} />
                </td>
                <td class="wide">
                  <BotText text={items.join("; ") || wordsOf(textOf(notice["kind"]) ?? "")} />
                </td>
                <td>{textOf(notice["state"])}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Section>
  );
}
