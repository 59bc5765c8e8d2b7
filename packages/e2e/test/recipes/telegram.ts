import type { Socket } from "node:net";
import { lasting } from "@kissbot/testkit";
import { FarSide, type Question, type Reply } from "./far-side.js";

const me = {
  id: 1,
  is_bot: true,
  first_name: "My bot",
  username: "my_bot",
  can_join_groups: true,
  can_read_all_group_messages: false,
  supports_inline_queries: false,
};
const chat = { id: 2, type: "private", first_name: "Ann" };

interface Update {
  readonly update_id: number;
  readonly message: object;
}

/** Telegram's Bot API with long polling, and beside it a model of OpenAI's that says 42. */
export class Telegram extends FarSide {
  /** What bots said in the chat. */
  readonly heard: string[] = [];
  refusesToken = false;
  /** Whether the next poll is answered with "too many requests". */
  isLimiting = false;
  readonly #updates: Update[] = [];
  #waiting: (() => void) | null = null;
  #messages = 0;

  /** Whether a bot waits for updates. */
  get isPolled(): boolean {
    return this.#waiting !== null;
  }

  say(text: string): void {
    const entities = [{ type: "bot_command", offset: 0, length: text.split(" ", 1)[0]?.length }];
    const message = { message_id: ++this.#messages, date: 1, chat, from: chat, text, entities };
    this.#updates.push({ update_id: this.#messages, message });
    this.#waiting?.();
  }

  /** It ends a poll without an answer. */
  limit(): void {
    this.isLimiting = true;
    this.#waiting?.();
  }

  protected override async answer(question: Question, connection: Socket): Promise<Reply | null> {
    const { host, path, body } = question;
    if (host === "api.openai.com" && path === "/v1/chat/completions") return completion(body.model);
    const method = /^\/botsecret\/(\w+)$/.exec(path)?.[1];
    if (this.refusesToken || method === undefined) return failed(401, "Unauthorized");
    if (method === "getMe") return { json: { ok: true, result: me } };
    if (method === "deleteWebhook") return { json: { ok: true, result: true } };
    if (method === "sendMessage") {
      this.heard.push(body.text);
      const message = { message_id: ++this.#messages, date: 1, chat, from: me, text: body.text };
      return { json: { ok: true, result: message } };
    }
    if (method !== "getUpdates") return failed(404, "Not Found");
    const offset = Number(body.offset ?? 0);
    const fresh = () => this.#updates.filter(({ update_id }) => update_id >= offset);
    if (fresh().length === 0 && Number(body.timeout ?? 0) > 0) {
      const isAsked = new Promise<void>((resolve) => {
        this.#waiting = resolve;
        connection.once("close", resolve);
      });
      await Promise.race([isAsked, lasting("a long poll without news", body.timeout * 1_000)]);
      this.#waiting = null;
    }
    if (!this.isLimiting) return { json: { ok: true, result: fresh() } };
    this.isLimiting = false;
    return failed(429, "Too Many Requests: retry after 2", { retry_after: 2 });
  }
}

function failed(status: number, description: string, parameters?: object): Reply {
  return { status, json: { ok: false, error_code: status, description, parameters } };
}

function completion(model: string): Reply {
  const message = { role: "assistant", content: "42", refusal: null };
  return {
    json: {
      id: "chatcmpl-1",
      object: "chat.completion",
      created: 1,
      model,
      choices: [{ index: 0, message, logprobs: null, finish_reason: "stop" }],
      usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 },
    },
  };
}
