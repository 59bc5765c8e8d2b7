import type { Notice } from "../alerts/notice.js";
import type { Answer, RenderedNotice } from "../alerts/receiver-door.js";
import type { Secret } from "../config/secret.js";
import { answerOf, pauseMs } from "./answer.js";
import { httpPost, type PostRequest } from "./http-post.js";
import type { Receiver } from "./receiver.js";

/** What one kind of receiver needs to be told by one POST. */
export interface PostedKind {
  readonly kind: string;
  readonly ca: string | null;
  readonly secrets: readonly Secret[];
  render(notice: Notice): Omit<RenderedNotice, "noticeId">;
  request(revealed: readonly string[], rendered: RenderedNotice): PostRequest;
  /** The receiver's own id of the message, in its answer's JSON. */
  remoteIdOf?(body: unknown): unknown;
}

/** A receiver that is told by one POST. It asks for no more than its rate limit allows. */
export class PostedReceiver implements Receiver {
  readonly name: string;
  readonly kind: string;
  readonly #kind: PostedKind;
  /** Until when nothing is sent, by the monotonic clock. */
  #pausedUntilMs = 0;

  constructor(name: string, kind: PostedKind) {
    this.name = name;
    this.kind = kind.kind;
    this.#kind = kind;
  }

  render(notice: Notice): RenderedNotice {
    return { noticeId: notice.noticeId, ...this.#kind.render(notice) };
  }

  async send(rendered: RenderedNotice, signal: AbortSignal): Promise<Answer> {
    const { ca, secrets, remoteIdOf } = this.#kind;
    const leftMs = Math.ceil(this.#pausedUntilMs - performance.now());
    if (leftMs > 0) {
      return { kind: "refused", retryAfterMs: leftMs, detail: "its rate limit is used up: nothing was sent" };
    }
    const request = (revealed: readonly string[]) => this.#kind.request(revealed, rendered);
    const outcome = await httpPost({ secrets, request, ca }, signal);
    this.#pausedUntilMs = performance.now() + pauseMs(outcome);
    return answerOf(outcome, remoteIdOf);
  }
}
