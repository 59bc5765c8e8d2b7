import type { Socket } from "node:net";
import { lasting } from "@kissbot/testkit";
import { FarSide, type Question, type Reply } from "./far-side.js";

const me = "@my_bot:example.org";
const room = "!lounge:example.org";

interface RoomEvent {
  readonly type: "m.room.message";
  readonly sender: string;
  readonly event_id: string;
  readonly content: object;
  readonly origin_server_ts: number;
}

/** A Matrix homeserver with one room, in which the bot is. */
export class Homeserver extends FarSide {
  /** What bots said in the room. */
  readonly heard: string[] = [];
  /** With what the next calls are answered, instead of an answer. */
  refusal: "M_UNKNOWN_TOKEN" | "M_LIMIT_EXCEEDED" | null = null;
  readonly #events: RoomEvent[] = [];
  #waiting: (() => void) | null = null;

  say(body: string): void {
    this.#events.push({
      type: "m.room.message",
      sender: "@ann:example.org",
      event_id: `$${this.#events.length}`,
      content: { msgtype: "m.text", body },
      origin_server_ts: Date.now(),
    });
    this.#waiting?.();
  }

  refuse(errcode: "M_UNKNOWN_TOKEN" | "M_LIMIT_EXCEEDED"): void {
    this.refusal = errcode;
    this.#waiting?.();
  }

  protected override async answer(
    { host, method, path, query, body }: Question,
    connection: Socket,
  ): Promise<Reply | null> {
    if (host !== "matrix.example.org") throw new Error(`no homeserver is called ${host}`);
    const call = `${method} ${path.replace("/_matrix/client/v3", "")}`;
    if (this.refusal === null && call === "GET /sync") {
      const since = query.get("since");
      if (since === `${this.#events.length}`) {
        const isAsked = new Promise<void>((resolve) => {
          this.#waiting = resolve;
          connection.once("close", resolve);
        });
        await Promise.race([isAsked, lasting("a sync without news", Number(query.get("timeout")))]);
      }
      // What was said before the first sync is not answered: the bot was not there.
      const from = since === null ? this.#events.length : Number(since);
      const timeline = { events: this.#events.slice(from), limited: false };
      const answer = { next_batch: `${this.#events.length}`, rooms: { join: { [room]: { timeline } } } };
      if (this.refusal === null) return { json: answer };
    }
    if (this.refusal === "M_LIMIT_EXCEEDED")
      return failed(429, { errcode: this.refusal, error: "Too Many Requests", retry_after_ms: 1_000 });
    if (this.refusal !== null) return failed(401, { errcode: this.refusal, error: "Unknown token" });
    if (call === "GET /account/whoami") return { json: { user_id: me, device_id: "D" } };
    if (call === "GET /joined_rooms") return { json: { joined_rooms: [room] } };
    if (call.startsWith("PUT /rooms/") && call.includes("/send/m.room.message/")) {
      this.heard.push(body.body);
      return { json: { event_id: `$own-${this.heard.length}` } };
    }
    return failed(404, { errcode: "M_NOT_FOUND", error: call });
  }
}

function failed(status: number, json: object): Reply {
  return { status, json };
}
