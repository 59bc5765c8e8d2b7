import type { ReceiverTarget } from "./alert-settings.js";
import type { Secret } from "./secret.js";

/** Completes "expected …" for a URL that a receiver of its kind takes. */
export const webAddress = "an address that begins with https:// or http://";

/** An address that a request can be sent to. */
export function isWebAddress(text: string): boolean {
  if (!/^https?:\/\/[^\s]+$/i.test(text)) return false;
  try {
    return new URL(text).hostname !== "";
  } catch {
    return false;
  }
}

export const alertUrlForms =
  "the address of a Discord or Slack webhook, or any https:// address that takes a signed webhook";

/** The receiver that one URL means, by its host; undefined for a text that means none. */
export function targetOfUrl(text: string, url: Secret): ReceiverTarget | undefined {
  if (!isWebAddress(text)) return undefined;
  const { hostname, pathname } = new URL(text);
  const host = hostname.toLowerCase();
  if (/(?:^|\.)discord(?:app)?\.com$/.test(host)) {
    return pathname.includes("/webhooks/") ? { kind: "discord", url, ca: null } : undefined;
  }
  if (host === "hooks.slack.com") return { kind: "slack", url, ca: null };
  return { kind: "webhook", url: addressOf(url), secret: signingSecretOf(text, url), ca: null };
}

/** What a fragment says is for us alone: `https://example.org/hook#whsec_…` signs with it. */
function addressOf(url: Secret): Secret {
  return url.derived((text) => text.replace(/#.*$/s, ""));
}

function signingSecretOf(text: string, url: Secret): Secret | null {
  const fragment = (whole: string) => whole.replace(/^[^#]*#?/s, "");
  return fragment(text) === "" ? null : url.derived(fragment);
}
