import type { Level } from "../result.js";
import type { Judge, Judgement, WireEvent } from "../wire.js";
import { judges } from "./judges.js";
import { judgeP1 } from "./p-1.js";

export interface Rule {
  readonly name: string;
  readonly level: Level;
  /** The version of the protocol that made it. */
  readonly since: string;
  readonly title: string;
  readonly judge: Judge;
}

const rule = (level: Level, since: string, name: string, title: string, judge = judges[name]): Rule => {
  if (judge === undefined) throw new Error(`no judge of ${name}`);
  return { name, level, since, title, judge };
};

/** The rules of chapter 8 that are judged from the monitor's side, in their order. */
export const rules: readonly Rule[] = [
  rule("must", "1.0", "C-1", "each connection begins with the bot's registration"),
  rule("must", "1.0", "C-2", "no call waits for the monitor"),
  rule("must", "1.0", "C-3", "what waits is bounded, and the oldest rows are dropped"),
  rule("should", "1.0", "C-4", "losses are counted and told"),
  rule("must", "1.0", "C-5", "the client comes back after random pauses, and never gives up"),
  rule("must", "1.0", "C-6", "a slow connection is kept"),
  rule("must", "1.0", "C-7", "a line that broke off is neither continued nor sent again"),
  rule("should", "1.0", "C-8", "heartbeats come at their interval"),
  rule("must", "1.0", "C-9", "one goodbye for each registration, and nothing behind it"),
  rule("should", "1.0", "C-10", "all lines tell the true start of the process"),
  rule("must", "1.1", "C-11", "no call raises"),
  rule("must", "1.1", "C-12", "connecting makes no call wait"),
  rule("must", "1.1", "C-13", "the process ends as it means to"),
  rule("must", "1.1", "C-14", "the end of an idle connection is noticed, and what comes is discarded"),
  rule("must", "1.1", "C-15", "lines go out in the order of the calls"),
  rule("must", "1.1", "C-16", "the process survives a peer that has gone"),
  rule("should", "1.1", "C-17", "a line that waited tells the time of its call"),
  rule("must", "1.1", "C-18", "neither threads nor a fork mix lines"),
  rule("must", "1.1", "C-19", "the environment is honoured"),
  rule("must", "1.0", "P-1", "each line is a message", judgeP1),
];

/** What each rule says about the timeline, in their order. */
export function judgeAll(wire: readonly WireEvent[]): Judgement[] {
  return rules.map(({ judge }) => judge(wire));
}
