import type { Surroundings } from "./setting.js";

const mostCodePoints = 128;

/** The name of the host; a host without one is possible, a monitor without one is not. */
export function hostNameOf({ hostName }: Pick<Surroundings, "hostName">): string {
  return hostName === "" ? "kissbot-monitor" : hostName;
}

/** What a monitor may be called: 1 to 128 code points on one line; undefined for anything else. */
export function monitorNameFrom(text: string): string | undefined {
  const name = text.trim();
  const isSound = name !== "" && !/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(name);
  return isSound && [...name].length <= mostCodePoints ? name : undefined;
}
