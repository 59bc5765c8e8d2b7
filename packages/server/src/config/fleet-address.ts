import { Secret } from "./secret.js";

/** The database of several hosts. */
export interface FleetAddress {
  /** `postgres://user@host/database`, without password and parameters. */
  readonly shown: string;
  /** As the store takes it; it may hold a password. */
  readonly url: Secret;
}

/** An `@` elsewhere belongs to a password that is cut at the wrong place, and would be shown. */
const form = /^(postgres(?:ql)?:\/\/)(?:([^@:/?#]*)(:[^@/?#]*)?@)?([^@/?#]*(?:\/[^@?#]*)?)(?:\?[^@#]*)?$/i;

/** The store judges the rest of it. */
export function fleetFrom(text: string): FleetAddress | undefined {
  const found = form.exec(text.trim());
  if (found === null) return undefined;
  const [url, scheme = "", user, , place = ""] = found;
  return { shown: `${scheme}${user === undefined ? "" : `${user}@`}${place}`, url: Secret.ofValue(url) };
}

export function holdsPassword(text: string): boolean {
  return form.exec(text.trim())?.[3] !== undefined;
}

/** The same database, whose password stands in a file. */
export function withPasswordFile({ shown, url }: FleetAddress, path: string): FleetAddress {
  const parameter = `passwordfile=${encodeURIComponent(path)}`;
  return { shown, url: url.derived((text) => `${text}${text.includes("?") ? "&" : "?"}${parameter}`) };
}
