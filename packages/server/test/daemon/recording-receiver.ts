import type { Notice, NoticeItem } from "../../src/alerts/notice.js";
import type { Answer, ReceiverDoor, RenderedNotice } from "../../src/alerts/receiver-door.js";
import type { AlertSettings, ReceiverSettings } from "../../src/config/alert-settings.js";
import { defaultSettings } from "../../src/config/default-settings.js";
import { Secret } from "../../src/config/secret.js";

/** A receiver within the test: it keeps what it is sent. */
export class RecordingReceiver implements ReceiverDoor {
  readonly name: string;
  readonly kind = "webhook";
  readonly taken: RenderedNotice[] = [];
  answer: (rendered: RenderedNotice) => Promise<Answer> = async () => ({
    kind: "delivered",
    remoteId: null,
    status: "200",
  });

  constructor(name: string) {
    this.name = name;
  }

  render(notice: Notice): RenderedNotice {
    return { noticeId: notice.noticeId, body: JSON.stringify(notice), plain: null };
  }

  async send(rendered: RenderedNotice): Promise<Answer> {
    const answer = await this.answer(rendered);
    if (answer.kind === "delivered") this.taken.push(rendered);
    return answer;
  }

  /** Repeats under one id put together. */
  get notices(): Notice[] {
    const bodies = new Map(this.taken.map(({ noticeId, body }) => [noticeId, body]));
    return [...bodies.values()].map((body) => JSON.parse(body) as Notice);
  }

  get items(): NoticeItem[] {
    return this.notices.flatMap(({ items }) => items);
  }

  /** `down a`, `up a`: in order. */
  get told(): string[] {
    return this.items.map(({ kind, rule, subject }) =>
      rule === "down" ? `${kind} ${subject}` : `${kind} ${rule} ${subject}`,
    );
  }
}

const unset = {
  enabled: true,
  forMs: null,
  holdMs: null,
  above: null,
  below: null,
  clear: null,
  least: null,
  leastPct: null,
  metric: null,
  bots: null,
  severity: null,
};

/** Settings under which everything is told at once to receivers of these names. */
export function promptAlerts(...names: readonly string[]): AlertSettings {
  const receivers = names.map(
    (name): ReceiverSettings => ({
      name,
      target: { kind: "webhook", url: Secret.ofValue("http://127.0.0.1:9/"), secret: null, ca: null },
      only: null,
      rules: null,
      bots: null,
      labels: null,
      afterMs: null,
      repeatMs: null,
      fallback: null,
      mention: {},
    }),
  );
  return {
    ...defaultSettings().alerts,
    timezone: "UTC",
    receivers,
    rules: { down: { ...unset, forMs: 0, holdMs: 0 } },
    groupWaitMs: 0,
    groupIntervalMs: 0,
    reminder: { at: null, weekly: false },
  };
}
