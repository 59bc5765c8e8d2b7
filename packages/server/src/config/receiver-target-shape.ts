import type { ReceiverTarget } from "./alert-settings.js";
import { isWebAddress, pagerDutyUrl, telegramUrl, webAddress } from "./alert-url.js";
import { mapping } from "./mapping.js";
import { listOf, made, number, oneOf, textOf } from "./shape.js";

const address = { expected: webAddress, isSound: isWebAddress, required: true } as const;
const path = textOf("^(?!~)[^\\0]+$", "the path of a file, without ~");
const ca = {
  shape: path,
  help: "A file of certificates in PEM to trust beside the known ones.",
};

const apiUrl = {
  shape: made(textOf("^https?://[^\\s?#]+$", webAddress), (text) => text.replace(/\/+$/, "")),
  help: "Where its API is, where that is not the usual place.",
};
const mailAddress = textOf("^[^\\s<>@,;]+@[^\\s<>@,;]+$", "an address such as ops@example.org");
const token = {
  expected: "a text of 8 to 512 visible characters",
  isSound: (text: string) => /^[!-~]{8,512}$/.test(text),
};
const mailPorts = { starttls: 587, implicit: 465, none: 25 } as const;

/** What each kind of receiver needs, and the target that it comes to. */
export const targets = {
  discord: made(
    mapping({ ca }, { url: { ...address, help: "The address of the webhook." } }),
    ({ url, ca: file }): ReceiverTarget => ({ kind: "discord", url, ca: file ?? null }),
  ),
  slack: made(
    mapping({ ca }, { url: { ...address, help: "The address of the incoming webhook." } }),
    ({ url, ca: file }): ReceiverTarget => ({ kind: "slack", url, ca: file ?? null }),
  ),
  webhook: made(
    mapping(
      { ca },
      {
        url: { ...address, help: "Where notices are posted." },
        secret: {
          help: "What notices are signed with: whsec_ and base64, or any text.",
          expected: "a text of 8 to 512 characters",
          isSound: (text: string) => text.length >= 8 && text.length <= 512,
        },
      },
    ),
    ({ url, secret, ca: file }): ReceiverTarget => ({
      kind: "webhook",
      url,
      secret: secret ?? null,
      ca: file ?? null,
    }),
  ),
  exec: made(
    mapping({
      command: {
        shape: listOf(textOf("^[^\\0]+$", "a word of the command"), 100),
        help: "The program and its arguments, one text each; no shell reads them.",
        required: true,
      },
      env: {
        shape: listOf(textOf("^[^\\0=\\s]{1,256}$", "the name of a variable"), 100),
        help: "More variables of the monitor's environment for it, beside PATH, HOME and the like.",
      },
    }),
    ({ command, env = [] }): ReceiverTarget => ({ kind: "exec", command, env }),
  ),
  telegram: made(
    mapping(
      {
        chat_id: {
          shape: textOf(
            "^(?:-?[0-9]{1,20}|@[A-Za-z0-9_]{4,64})$",
            "a chat's number, or @ and a channel's name",
          ),
          help: "Who is told.",
          required: true,
        },
        api_url: apiUrl,
        ca,
      },
      { token: { ...token, help: "The bot's token.", required: true } },
    ),
    ({ token: secret, chat_id: chatId, api_url: api, ca: file }): ReceiverTarget => ({
      kind: "telegram",
      token: secret,
      chatId,
      apiUrl: api ?? telegramUrl,
      ca: file ?? null,
    }),
  ),
  ntfy: made(
    mapping(
      { ca },
      {
        url: { ...address, help: "Server and topic, such as https://ntfy.sh/topic." },
        token: { ...token, help: "The token of a topic that is not open to everybody." },
      },
    ),
    ({ url, token: secret, ca: file }): ReceiverTarget => ({
      kind: "ntfy",
      url,
      token: secret ?? null,
      ca: file ?? null,
    }),
  ),
  smtp: made(
    mapping(
      {
        host: {
          shape: textOf("^[^\\s/:@]+$", "the name of a host"),
          help: "The mail server.",
          required: true,
        },
        port: { shape: number(1, 65_535, { whole: true }), help: "587, 465 for implicit TLS, 25 for none." },
        tls: {
          shape: oneOf(Object.keys(mailPorts) as (keyof typeof mailPorts)[]),
          help: "starttls, if not given, which is then demanded.",
        },
        user: { shape: textOf("^[^\\0]{1,256}$", "a user's name"), help: "Who sends." },
        from: { shape: mailAddress, help: "The sender's address.", required: true },
        to: { shape: listOf(mailAddress, 50), help: "The addresses that are told.", required: true },
        ca,
      },
      {
        password: {
          help: "The password of user.",
          expected: "a text of 1 to 512 characters",
          isSound: (text: string) => text.length <= 512,
        },
      },
    ),
    ({ tls = "starttls", ...given }, fault): ReceiverTarget | undefined => {
      if (given.password !== undefined && given.user === undefined) return fault("expected the key user");
      if (given.user !== undefined && given.password === undefined)
        return fault("expected one of the keys password, password_env, password_file");
      const { host, port = mailPorts[tls], user = null, password = null, from, to, ca: file = null } = given;
      return { kind: "mail", host, port, tls, user, password, from, to, ca: file };
    },
  ),
  pagerduty: made(
    mapping(
      { api_url: apiUrl, ca },
      {
        routing_key: {
          help: "The integration key of Events API v2.",
          expected: "an integration key of 32 letters and digits",
          isSound: (text: string) => /^[A-Za-z0-9]{32}$/.test(text),
          required: true,
        },
      },
    ),
    ({ routing_key: routingKey, api_url: api, ca: file }): ReceiverTarget => ({
      kind: "pagerduty",
      routingKey,
      apiUrl: api ?? pagerDutyUrl,
      ca: file ?? null,
    }),
  ),
} as const;
