import { Secret } from "./secret.js";

/** The database of several hosts. */
export interface FleetAddress {
  /** `postgres://user@host/database`, without password and parameters but for a service. */
  readonly shown: string;
  /** As the store takes it; it may hold a password. */
  readonly url: Secret;
}

/** An `@` elsewhere belongs to a password that is cut at the wrong place, and would be shown. */
const form = /^(postgres(?:ql)?:\/\/)(?:([^@:/?#]*)(:[^@/?#]*)?@)?([^@/?#]*(?:\/[^@?#]*)?)(?:\?[^@#]*)?$/i;

/** Without an `@`, a password would be taken for the port of a host, and shown. */
const noPort = /^[^[]*:(?!\d*$)/;

/** The store judges the rest of it. */
export function fleetFrom(text: string): FleetAddress | undefined {
  const found = form.exec(text.trim());
  if (found === null) return undefined;
  const [url, scheme = "", user, , place = ""] = found;
  const [hosts = ""] = place.split("/");
  if (hosts.split(",").some((one) => noPort.test(one))) return undefined;
  const [, service] = /[?&]service=([^&]+)/.exec(url) ?? [];
  const login = user === undefined ? "" : `${user}@`;
  const preset = service === undefined ? "" : `?service=${service}`;
  return { shown: `${scheme}${login}${place}${preset}`, url: Secret.ofValue(url) };
}

export function holdsPassword(text: string): boolean {
  return form.exec(text.trim())?.[3] !== undefined;
}

/** The same database, whose password stands in a file. */
export function withPasswordFile({ shown, url }: FleetAddress, path: string): FleetAddress {
  const parameter = `passwordfile=${encodeURIComponent(path)}`;
  return { shown, url: url.derived((text) => `${text}${text.includes("?") ? "&" : "?"}${parameter}`) };
}
