import type { Bot } from "../fleet/bot.js";
import { Age } from "../frame/age.js";
import { BotText } from "../frame/bot-text.js";
import { countText, memoryText, percentText } from "../frame/quantity-text.js";
import { Tile } from "../frame/tile.js";
import { unknownText } from "../frame/time-text.js";
import { sharesOf } from "./timeline.js";
import { useTimeline } from "./timeline-strip.js";

/** What is known of a bot, in a few numbers. */
export function BotTiles({ bot }: { readonly bot: Bot }) {
  const isThere = bot.status === "online" || bot.status === "stale";
  const features = Object.keys(bot.features).filter((name) => bot.features[name] === true);
  return (
    <dl class="tiles">
      <OnlineTile bot={bot} />
      <Tile name="Crashes, 1 h / ever">
        {countText(bot.restartsInHour)} / {countText(bot.restarts)}
      </Tile>
      <Tile name={isThere ? "CPU of a core" : "CPU at the end"}>
        {withUnit(percentText(isThere ? bot.cpuPct : bot.lastCpuPct), "%")}
      </Tile>
      <Tile name={isThere ? "Memory" : "Memory at the end"}>
        {memoryOf(isThere ? bot.rssMb : bot.lastRssMb)}
      </Tile>
      <Tile name="Process">{bot.pid}</Tile>
      {isThere && (
        <Tile name="Running for">
          <Age ms={bot.startedAtMs} />
        </Tile>
      )}
      <Tile name="Last heard">
        <Age ms={bot.lastSeenMs} />
      </Tile>
      <Tile name="Lines its client lost">{countText(bot.clientDropped)}</Tile>
      {bot.version !== null && (
        <Tile name="Version">
          <BotText text={bot.version} />
        </Tile>
      )}
      {features.length > 0 && (
        <Tile name="Features">
          {features.map((name, i) => (
            <span key={name}>
              {i > 0 && ", "}
              <BotText text={name} />
            </span>
          ))}
        </Tile>
      )}
    </dl>
  );
}

/** Of the time that somebody watched. */
function OnlineTile({ bot }: { readonly bot: Bot }) {
  const { segments } = useTimeline(bot);
  const { knownMs, onlineMs } = sharesOf(segments);
  return (
    <Tile name="Online, of the 24 h that are known">
      {knownMs === 0 ? unknownText : `${roundedDown((100 * onlineMs) / knownMs)} %`}
    </Tile>
  );
}

/** 99.99 % is not 100 %. */
function roundedDown(pct: number): string {
  return (Math.floor(pct * 10) / 10).toFixed(1);
}

function withUnit(text: string, unit: string): string {
  return text === unknownText ? text : `${text} ${unit}`;
}

function memoryOf(mb: number | null): string {
  return mb === null ? unknownText : memoryText(mb);
}
