import { isLike } from "../pattern.js";
import type { Options } from "./command-context.js";

/** Chooses channels that match any value of `--channel`. */
export interface ChannelChoice {
  /** The channel, where one was named and no pattern given: a source can look for that alone. */
  readonly name: string | undefined;
  matches(channel: string): boolean;
}

/** Reads `--channel`; undefined where it was not given. What is wrong goes into `problems`. */
export function channelChoiceFrom(
  { channel: patterns }: Options,
  problems: string[],
): ChannelChoice | undefined {
  if (!Array.isArray(patterns) || patterns.length === 0) return undefined;
  if (patterns.includes("")) problems.push("--channel: expected a name or a pattern such as twitch/*");
  const [first = "", ...more] = patterns as readonly string[];
  return {
    name: more.length === 0 && !first.includes("*") ? first : undefined,
    matches: (channel) => patterns.some((pattern: string) => isLike(channel, pattern)),
  };
}
