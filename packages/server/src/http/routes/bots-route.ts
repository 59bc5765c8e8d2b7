import { OtherBot } from "../../fleet/other-bots.js";
import { type Bot, botStatuses } from "../../registry/bot.js";
import { byChannel, TurnSorter } from "../../turn-sorter.js";
import { ApiError } from "../api-error.js";
import type { FleetJson } from "../fleet-json.js";
import { type ListMeans, listAnswer } from "../list-body.js";
import { otherBotJson } from "../other-bot-json.js";
import { choiceParameter, choicesParameter, integerParameter, textParameter } from "../parameter.js";
import { type Route, routeOf } from "../route.js";
import { listSchema, objectSchema } from "../schema.js";
import {
  type AskedScope,
  assertLocal,
  chooseHosts,
  type HostsSource,
  type Place,
  placeMembers,
  placeOf,
  placeProperties,
  type Scope,
  scopeParameters,
  withOptional,
} from "../scope.js";
import { indexAfter, type SortedFleet } from "../sorted-fleet.js";
import { timestampFromMs } from "../timestamp.js";
import { worstFirst } from "../worst-first.js";

interface Parts {
  /** Null where no fleet database is set. */
  readonly hosts: HostsSource | null;
  readonly defaultScope: Scope;
  readonly sorted: Pick<SortedFleet, "bots">;
  readonly json: Pick<FleetJson, "bot">;
  readonly means: ListMeans;
}

const parameters = {
  status: choicesParameter(
    [...botStatuses, "unknown"],
    "Only bots of these statuses, separated by commas. unknown: its host does not say how it is.",
  ),
  search: textParameter("Only channels that contain this text, whether letters are small or not."),
  limit: integerParameter(
    1,
    1_000_000,
    "At most so many bots; without it, the whole fleet. Those of one channel on several hosts are never parted, and may be some more.",
  ),
  after: textParameter("Only channels that sort after this one: the last channel of the page before."),
  order_by: choiceParameter(
    ["channel", "worst"],
    "By channel, which is the default, or the worst first: dead, in a crash loop, stale, unknown, in conflict, offline, online. Pages are by channel.",
  ),
  ...scopeParameters,
};

/** Each bot is as it is at the moment at which its part of the answer is written. */
export function botsRoute({ sorted, json, means, hosts, defaultScope }: Parts): Route {
  return routeOf({
    path: "/api/v1/bots",
    id: "listBots",
    summary: "The fleet, sorted by channel",
    parameters,
    schema: withOptional(
      objectSchema({ bots: listSchema({ $ref: "#/components/schemas/Bot" }) }),
      placeProperties,
    ),
    errors: ["not_found"],
    answer: async ({ query, nowMs }) => {
      const { status, limit = Number.POSITIVE_INFINITY, after, order_by: order, scope, host } = query;
      const search = query.search?.toLowerCase();
      const isWorstFirst = order === "worst";
      if (isWorstFirst && after !== undefined) {
        throw new ApiError(
          "invalid_parameter",
          "after: expected without order_by=worst, as pages are by channel",
        );
      }
      const { isOwnWanted, others, place } = await botsOfHosts(hosts, { scope, host }, defaultScope);
      const own = isOwnWanted ? await sorted.bots() : [];
      // Of one channel the own bot comes first.
      const merged = await new TurnSorter<Bot | OtherBot>(means.turns, byChannel).merged(own, others);
      const bots = isWorstFirst ? await worstFirst(merged, means.turns) : merged;
      let left = limit;
      let lastChannel: string | null = null;
      function* rest(start: number): Generator<Bot | OtherBot> {
        for (let i = start; i < bots.length; i++) {
          const bot = bots[i] as Bot | OtherBot;
          if (left <= 0 && (isWorstFirst || bot.channel !== lastChannel)) return;
          yield bot;
        }
      }
      const encode = (bot: Bot | OtherBot): string | undefined => {
        if (status !== undefined && !status.includes(bot.status)) return undefined;
        if (search !== undefined && !bot.channel.toLowerCase().includes(search)) return undefined;
        left--;
        lastChannel = bot.channel;
        if (bot instanceof OtherBot) return otherBotJson(bot, nowMs);
        if (hosts === null) return json.bot(bot);
        return `${json.bot(bot).slice(0, -1)}${hostMembers(hosts, bot.status, nowMs)}}`;
      };
      const items = rest(after === undefined ? 0 : indexAfter(bots, after));
      return listAnswer({ head: '{"bots":[', items, encode, tail: `]${placeMembers(place)}}` }, means);
    },
  });
}

interface WantedBots {
  readonly isOwnWanted: boolean;
  /** By channel. */
  readonly others: readonly OtherBot[];
  readonly place: Place | null;
}

async function botsOfHosts(
  hosts: HostsSource | null,
  asked: AskedScope,
  defaultScope: Scope,
): Promise<WantedBots> {
  if (hosts === null) {
    assertLocal(asked);
    return { isOwnWanted: true, others: [], place: null };
  }
  const { scope, host, picture } = await chooseHosts(hosts, asked, defaultScope);
  const place = placeOf(hosts, scope);
  if (scope === "local" || host?.isOwn === true) return { isOwnWanted: true, others: [], place };
  const others = host === null ? picture.bots : picture.bots.filter(({ hostNo }) => hostNo === host.hostNo);
  return { isOwnWanted: host === null, others, place };
}

/** What an own bot's record has where a fleet database is set: what is said of it is of now. */
export function hostMembers(hosts: HostsSource, status: string, nowMs: number): string {
  const { name, hostId } = hosts.own ?? { name: "", hostId: null };
  const members = {
    host: name,
    host_id: hostId,
    reported_status: status,
    as_of: timestampFromMs(nowMs),
  };
  return `,${JSON.stringify(members).slice(1, -1)}`;
}
