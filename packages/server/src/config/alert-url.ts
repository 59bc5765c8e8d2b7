import type { MailTarget, ReceiverTarget } from "./alert-settings.js";
import { type Secret, SecretError } from "./secret.js";

/** Completes "expected …" for a URL that a receiver of its kind takes. */
export const webAddress = "an address that begins with https:// or http://";

export const telegramUrl = "https://api.telegram.org";
export const pagerDutyUrl = "https://events.pagerduty.com";

/** An address that a request can be sent to. */
export function isWebAddress(text: string): boolean {
  return /^https?:\/\/[^\s]+$/i.test(text) && urlOf(text)?.hostname !== "";
}

export const alertUrlForms =
  "the address of a Discord or Slack webhook, ntfy://HOST/TOPIC, smtp://USER:PASSWORD@HOST?from=A&to=B (with both of USER and PASSWORD, or neither), " +
  "https://api.telegram.org/botTOKEN/sendMessage?chat_id=ID, pagerduty://KEY, or any https:// address that takes a signed webhook";

/** The receiver that one URL means, by its scheme or host; undefined for a text that means none. */
export function targetOfUrl(text: string, url: Secret): ReceiverTarget | undefined {
  const place = urlOf(text);
  if (place === undefined || /\s/.test(text) || !isDecodable(place)) return undefined;
  switch (place.protocol) {
    case "ntfy:":
      return ntfyTarget(place, url);
    case "smtp:":
    case "smtps:":
      return mailTarget(place, url);
    case "pagerduty:":
      return isRoutingKey(place.hostname || place.pathname.replace(/^\/+/, ""))
        ? pagerDutyTarget(url.derived((whole) => whole.replace(/^pagerduty:\/\//i, "").replace(/\/$/, "")))
        : undefined;
    case "https:":
    case "http:":
      return place.hostname === "" ? undefined : webTarget(place, url);
    default:
      return undefined;
  }
}

function webTarget(place: URL, url: Secret): ReceiverTarget | undefined {
  const { hostname: host, pathname, searchParams } = place;
  if (/(?:^|\.)discord(?:app)?\.com$/.test(host)) {
    return pathname.includes("/webhooks/") ? { kind: "discord", url, ca: null } : undefined;
  }
  if (host === "hooks.slack.com") return { kind: "slack", url, ca: null };
  if (host === "ntfy.sh")
    return pathname.length > 1 ? { kind: "ntfy", url, token: null, ca: null } : undefined;
  if (host === "api.telegram.org") {
    const chatId = searchParams.get("chat_id") ?? "";
    if (!/^\/bot[^/]+/.test(pathname) || !/^(?:-?\d{1,20}|@\w{4,64})$/.test(chatId)) return undefined;
    const token = url.derived((text) => part(text, ({ pathname: path }) => /^\/bot([^/]+)/.exec(path)?.[1]));
    return { kind: "telegram", token, chatId, apiUrl: telegramUrl, ca: null };
  }
  if (host === "events.pagerduty.com" || host === "events.eu.pagerduty.com") {
    if (!isRoutingKey(searchParams.get("routing_key") ?? "")) return undefined;
    const key = url.derived((text) => part(text, ({ searchParams: query }) => query.get("routing_key")));
    return pagerDutyTarget(key, place.origin);
  }
  // What stands behind # is for us alone: it signs.
  const secret = place.hash.length > 1 ? url.derived((text) => text.replace(/^[^#]*#/s, "")) : null;
  return { kind: "webhook", url: url.derived((text) => text.replace(/#.*$/s, "")), secret, ca: null };
}

function isRoutingKey(text: string): boolean {
  return /^[A-Za-z0-9]{32}$/.test(text);
}

function pagerDutyTarget(routingKey: Secret, apiUrl = pagerDutyUrl): ReceiverTarget {
  return { kind: "pagerduty", routingKey, apiUrl, ca: null };
}

/** `ntfy://TOKEN@HOST/TOPIC`, over https. */
function ntfyTarget(place: URL, url: Secret): ReceiverTarget | undefined {
  // A topic has a token; a user with a password would be sent as one.
  if (place.hostname === "" || place.pathname.length < 2 || place.password !== "") return undefined;
  const token =
    place.username === ""
      ? null
      : url.derived((text) => part(text, ({ username }) => decodeURIComponent(username)));
  return {
    kind: "ntfy",
    token,
    ca: null,
    url: url.derived((text) => text.replace(/^ntfy:\/\/(?:[^/@]*@)?/i, "https://")),
  };
}

/**
 * `smtp://USER:PASSWORD@HOST:PORT?from=A&to=B,C`; `smtps` for TLS from the beginning, `tls=none`
 * for none.
 */
function mailTarget(
  { protocol, hostname, port, username, password: word, searchParams }: URL,
  url: Secret,
): MailTarget | undefined {
  const from = searchParams.get("from") ?? "";
  const to = searchParams.getAll("to").flatMap((list) => list.split(","));
  const isAddress = (text: string) => /^[^\s<>@,;]+@[^\s<>@,;]+$/.test(text);
  if (hostname === "" || !isAddress(from) || to.length === 0 || !to.every(isAddress)) return undefined;
  if ((username === "") !== (word === "")) return undefined;
  const tls = protocol === "smtps:" ? "implicit" : searchParams.get("tls") === "none" ? "none" : "starttls";
  const password = url.derived((text) => part(text, (place) => decodeURIComponent(place.password)));
  return {
    kind: "mail",
    host: hostname,
    tls,
    from,
    to,
    ca: null,
    port: port === "" ? { implicit: 465, starttls: 587, none: 25 }[tls] : Number(port),
    user: username === "" ? null : decodeURIComponent(username),
    password: username === "" ? null : password,
  };
}

/**
 * Whether its parts that may be encoded can be decoded: `%` stands before two digits of a
 * character.
 */
function isDecodable({ protocol, username, password, pathname }: URL): boolean {
  try {
    decodeURIComponent(`${username} ${password} ${protocol === "ntfy:" ? pathname : ""}`);
    return true;
  } catch {
    return false;
  }
}

/** A part of an address that may have changed in its file since the start. */
function part(text: string, of: (place: URL) => string | null | undefined): string {
  const place = urlOf(text);
  const found = place === undefined || !isDecodable(place) ? undefined : of(place);
  if (found === undefined || found === null || found === "")
    throw new SecretError("the address has another form now");
  return found;
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
