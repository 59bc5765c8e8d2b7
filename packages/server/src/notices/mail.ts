import { readFile } from "node:fs/promises";
import { rootCertificates } from "node:tls";
import type { createTransport } from "nodemailer";
import type { Notice } from "../alerts/notice.js";
import type { Answer, RenderedNotice } from "../alerts/receiver-door.js";
import type { MailTarget, ReceiverSettings } from "../config/alert-settings.js";
import { SecretError } from "../config/secret.js";
import { within } from "../within.js";
import { cutSecrets } from "./cut-secrets.js";
import { fitText } from "./fit-text.js";
import { noticeText } from "./notice-text.js";
import { unlinkedStyle } from "./plain-style.js";
import type { Receiver } from "./receiver.js";
import { shownText } from "./shown-text.js";

const sendMs = 10_000;
/** Of each step: nodemailer's own limits are minutes. */
const stepMs = 8_000;
/** Code points. */
const longestSubject = 200;
const limits = { title: 998, body: 100_000 };

interface Letter {
  readonly subject: string;
  readonly text: string;
  readonly messageId: string;
  readonly references: string;
  readonly date: string;
}

/** A mail server. The same Message-ID in each attempt lets a mailbox fold what came twice. */
export class MailReceiver implements Receiver {
  readonly name: string;
  readonly kind = "mail";
  readonly #target: MailTarget;
  readonly #create: typeof createTransport;
  readonly #sendMs: number;

  constructor(
    { name }: Pick<ReceiverSettings, "name">,
    target: MailTarget,
    create: typeof createTransport,
    deadlineMs = sendMs,
  ) {
    this.name = name;
    this.#target = target;
    this.#create = create;
    this.#sendMs = deadlineMs;
  }

  render(notice: Notice): RenderedNotice {
    const text = noticeText(notice);
    const { title, body } = fitText(text, unlinkedStyle(notice), limits);
    const domain = this.#target.from.replace(/^.*@/, "");
    const id = (name: string) => `<${name.replaceAll(/[^A-Za-z0-9.-]/g, "-")}@${domain}>`;
    const letter: Letter = {
      // Without a word that a bot chose.
      subject: shownText(`[${notice.monitor}] ${text.subject}`, longestSubject),
      text: `${title}\n\n${body}\n`,
      messageId: id(notice.noticeId),
      references: id(notice.items[0]?.alertId ?? notice.noticeId),
      date: new Date(notice.madeMs).toISOString(),
    };
    return { noticeId: notice.noticeId, body: JSON.stringify(letter), plain: null };
  }

  async send({ body }: RenderedNotice, signal: AbortSignal): Promise<Answer> {
    const { password, ca, host } = this.#target;
    let secret = "";
    try {
      const ready = Promise.all([password?.reveal() ?? "", ca === null ? null : readFile(ca, "utf8")]);
      const given = await within(ready, this.#sendMs);
      if (given === "late") return refused("the secret could not be read in time");
      const [revealed, authority] = await ready;
      secret = revealed;
      if (signal.aborted) return refused("it was told to stop");
      return await this.#post(JSON.parse(body) as Letter, { secret, authority, signal });
    } catch (error) {
      if (error instanceof SecretError) return refused(error.message);
      return answerOfFault(error as MailFault, host, this.#sent(secret));
    }
  }

  /**
   * What a server may have heard of the secret: of AUTH PLAIN it is one text with the user's name.
   */
  #sent(secret: string): readonly string[] {
    if (secret === "") return [];
    return [secret, Buffer.from(`\0${this.#target.user ?? ""}\0${secret}`).toString("base64")];
  }

  async #post(
    { date, ...letter }: Letter,
    { secret, authority, signal }: { secret: string; authority: string | null; signal: AbortSignal },
  ): Promise<Answer> {
    const { host, port, tls, user, from, to } = this.#target;
    const transport = this.#create({
      host,
      port,
      secure: tls === "implicit",
      requireTLS: tls === "starttls",
      ignoreTLS: tls === "none",
      ...(user === null ? {} : { auth: { user, pass: secret } }),
      connectionTimeout: stepMs,
      greetingTimeout: stepMs,
      socketTimeout: stepMs,
      dnsTimeout: stepMs,
      disableFileAccess: true,
      disableUrlAccess: true,
      tls: {
        rejectUnauthorized: true,
        ...(authority === null ? {} : { ca: [...rootCertificates, authority] }),
      },
    });
    let end: () => void = () => undefined;
    const late = new Promise<"late">((resolve) => {
      end = () => resolve("late");
    });
    const timer = setTimeout(end, this.#sendMs);
    signal.addEventListener("abort", end, { once: true });
    try {
      const sending = transport.sendMail({
        from,
        to: [...to],
        ...letter,
        date: new Date(date),
        xMailer: false,
        headers: { "Auto-Submitted": "auto-generated" },
      });
      // It may fail after its time, and nobody waits then.
      sending.catch(() => undefined);
      const done = await Promise.race([sending, late]);
      if (done === "late")
        return { kind: "in_doubt", detail: `${host}: no answer within ${this.#sendMs / 1_000} s` };
      const status = cutSecrets(`${refusalOf(done)}${done.response ?? ""}`, this.#sent(secret));
      return { kind: "delivered", remoteId: letter.messageId, status };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      transport.close();
    }
  }
}

interface Taken {
  readonly rejected?: readonly (string | { readonly address: string })[] | undefined;
  readonly rejectedErrors?: readonly { readonly response?: string | undefined }[] | undefined;
}

/**
 * The recipients that the server refused, where it took the letter for others. It is not sent again
 * for them, as the others would get it twice.
 */
function refusalOf({ rejected = [], rejectedErrors = [] }: Taken): string {
  if (rejected.length === 0) return "";
  const addresses = rejected.map((one) => (typeof one === "string" ? one : one.address));
  return `not taken for ${addresses.join(", ")} (${rejectedErrors[0]?.response ?? "no reason"}); `;
}

interface MailFault {
  readonly code?: string;
  readonly responseCode?: number;
  readonly response?: string;
  readonly message?: string;
}

/** Before these, nothing of the letter was sent. */
const unsent = /^(?:EDNS|ETLS|ECONNREFUSED|EPROTOCOL|ESTARTTLS|ENOENT|EACCES)$|CERT|^ERR_TLS/;

function answerOfFault(fault: MailFault, host: string, secrets: readonly string[]): Answer {
  const { code = "failed", responseCode, response = "", message = "" } = fault;
  const said = responseCode === undefined ? "" : `: ${cutSecrets(response, secrets)}`;
  const detail = `${host}: ${code}${said}`;
  if (code === "EAUTH") return { kind: "broken", detail };
  if (responseCode !== undefined) {
    if (responseCode < 500) return refused(detail);
    return { kind: code === "EENVELOPE" ? "broken" : "unfit", detail };
  }
  const isEarly = /^(?:Connection timeout|Greeting never received)|ECONNREFUSED|certificate|altnames/i.test(
    message,
  );
  if (unsent.test(code) || isEarly) return refused(detail);
  return { kind: "in_doubt", detail };
}

function refused(detail: string): Answer {
  return { kind: "refused", retryAfterMs: null, detail };
}
