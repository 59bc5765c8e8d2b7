import type { IncomingMessage } from "node:http";
import { FarSide, type Question, type Reply, type WebSocket } from "./far-side.js";

const gateway = "wss://gateway.discord.gg";
const guildId = "200000000000000000";
const channelId = "300000000000000000";
const user = { id: "100000000000000000", username: "my_bot", discriminator: "0", avatar: null, bot: true };
const author = { id: "400000000000000000", username: "ann", discriminator: "0", avatar: null };
const guild = {
  id: guildId,
  name: "A guild",
  owner_id: author.id,
  roles: [{ id: guildId, name: "@everyone", permissions: "2147483647", position: 0, color: 0, colors: {} }],
  channels: [{ id: channelId, type: 0, name: "lounge", position: 0, permission_overwrites: [] }],
  members: [],
  threads: [],
  emojis: [],
  stickers: [],
  features: [],
  voice_states: [],
  presences: [],
  stage_instances: [],
  guild_scheduled_events: [],
  member_count: 2,
  preferred_locale: "en-US",
};

/** Discord: its gateway with sessions that are resumed, and messages in one channel. */
export class Discord extends FarSide {
  /** What bots said in the channel. */
  readonly heard: string[] = [];
  refusesToken = false;
  /** Above 0, answers say that the limit of messages is reached, for this number of seconds. */
  limitS = 0;
  readonly #shards = new Map<number, WebSocket>();
  #messages = 0;

  /** The shards that are connected and identified. */
  get shards(): readonly number[] {
    return [...this.#shards.keys()].sort();
  }

  say(text: string, shard = 0): void {
    this.#dispatch(this.#shards.get(shard), "MESSAGE_CREATE", { ...this.#message(text), author });
  }

  /** The gateway ends a shard's connection with this code. */
  close(shard: number, code: number): void {
    this.#shards.get(shard)?.close(code);
  }

  protected override answer({ method, path, body }: Question): Reply {
    if (path === "/api/v10/gateway/bot") {
      if (this.refusesToken) return { status: 401, json: { code: 0, message: "401: Unauthorized" } };
      const limits = { total: 1000, remaining: 999, reset_after: 0, max_concurrency: 1 };
      return { json: { url: gateway, shards: 2, session_start_limit: limits } };
    }
    if (method !== "POST" || path !== `/api/v10/channels/${channelId}/messages`)
      return { status: 404, json: { code: 0, message: `404: ${method} ${path}` } };
    this.heard.push(body.content);
    const limit = {
      "x-ratelimit-limit": "5",
      "x-ratelimit-remaining": this.limitS > 0 ? "0" : "4",
      "x-ratelimit-reset-after": `${this.limitS}`,
      "x-ratelimit-bucket": "b",
    };
    return { headers: limit, json: { ...this.#message(body.content), author: user } };
  }

  protected override connected(socket: WebSocket, _request: IncomingMessage): void {
    let shard = -1;
    socket.on("close", () => {
      if (this.#shards.get(shard) === socket) this.#shards.delete(shard);
    });
    socket.send(JSON.stringify({ op: 10, d: { heartbeat_interval: 41_250 } }));
    socket.on("message", (data) => {
      const { op, d } = JSON.parse(data.toString());
      if (op === 1) socket.send(JSON.stringify({ op: 11 }));
      if (op !== 2 && op !== 6) return;
      shard = op === 2 ? d.shard[0] : Number(d.session_id);
      this.#shards.set(shard, socket);
      if (op === 6) return this.#dispatch(socket, "RESUMED", {});
      this.#dispatch(socket, "READY", {
        v: 10,
        user,
        guilds: [{ id: guildId, unavailable: true }],
        session_id: `${shard}`,
        resume_gateway_url: gateway,
        shard: d.shard,
        application: { id: user.id, flags: 0 },
      });
      this.#dispatch(socket, "GUILD_CREATE", guild);
    });
  }

  #dispatch(socket: WebSocket | undefined, type: string, d: unknown): void {
    socket?.send(JSON.stringify({ op: 0, t: type, s: ++this.#messages, d }));
  }

  #message(content: string): object {
    return {
      id: `${500_000_000_000_000_000n + BigInt(++this.#messages)}`,
      channel_id: channelId,
      guild_id: guildId,
      content,
      timestamp: new Date().toISOString(),
      edited_timestamp: null,
      tts: false,
      mention_everyone: false,
      mentions: [],
      mention_roles: [],
      attachments: [],
      embeds: [],
      pinned: false,
      type: 0,
    };
  }
}
